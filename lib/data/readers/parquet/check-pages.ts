import { parquetHeader } from "hyparquet/src/column.js";
import { decompressPage } from "hyparquet/src/datapage.js";
import { getMaxDefinitionLevel, getMaxRepetitionLevel, isFlatColumn } from "hyparquet/src/schema.js";
import type { ColumnMetaData, PageHeader, SchemaTree } from "hyparquet/src/types.js";
import { checkStruct } from "./check-struct.js";
import { compressors } from "./codecs.js";

/** Bytes of a page, and of all pages of a column in one row group, when they are decompressed. */
const LARGEST_PAGE = 2 ** 28;
const LARGEST_COLUMN = 2 ** 30;

/** A writer may fill up its last run: no array grows much by so many values. */
const SLACK = 4096;

/** One column of one row group, as it lies in the file. */
export interface Chunk {
  bytes: ArrayBuffer;
  column: ColumnMetaData;
  /** From the root of the schema to the column. */
  schemaPath: SchemaTree[];
}

/**
 * Goes through the pages of a column before hyparquet reads them. That believes what a page says of how often a value is
 * repeated: one flipped bit, and it fills memory.
 *
 * @throws Error for sizes and runs that do not belong to the column, or are larger than a sound file's
 */
export function checkPages({ bytes, column, schemaPath }: Chunk): void {
  const reader = { view: new DataView(bytes), offset: 0 };
  const all = Number(column.num_values);
  const isFlat = isFlatColumn(schemaPath);
  let values = 0;
  let size = 0;
  while (reader.offset < bytes.byteLength - 1 && !(isFlat && values >= all)) {
    checkStruct(reader.view, reader.offset);
    const header = parquetHeader(reader);
    size += inRange(header.uncompressed_page_size, LARGEST_PAGE, "bytes of a page");
    inRange(size, LARGEST_COLUMN, "bytes of a column");
    const stored = new Uint8Array(bytes, reader.offset, header.compressed_page_size);
    reader.offset += header.compressed_page_size;
    values += checkPage(header, stored, { column, schemaPath, left: all - values });
  }
  if (values !== all) throw new Error(`${values} values instead of ${all}`);
}

interface PageContext extends Pick<Chunk, "column" | "schemaPath"> {
  /** Values that the pages behind the last one may have. */
  left: number;
}

/** @returns the values of a page of data */
function checkPage(header: PageHeader, stored: Uint8Array, context: PageContext): number {
  const { data_page_header: first, data_page_header_v2: second } = header;
  const data = header.type === "DATA_PAGE" ? first : header.type === "DATA_PAGE_V2" ? second : undefined;
  if (data === undefined) return 0;
  const values = inRange(data.num_values, context.left, "values of a page");
  const page =
    header.type === "DATA_PAGE" ? firstForm(header, stored, context) : secondForm(header, stored, context);
  for (const { width, runs } of page.levels) {
    const seen = checkRuns(runs, width, values);
    if (seen < values) throw new Error(`levels of ${seen} values instead of ${values}`); // what follows would be read as runs
  }
  const { encoding } = data;
  if (encoding === "RLE_DICTIONARY" || encoding === "PLAIN_DICTIONARY")
    checkRuns(page.values.subarray(1), inRange(page.values[0] ?? 0, 32, "bits of an index"), values);
  if (encoding === "RLE") checkRuns(page.values.subarray(4), 1, values);
  return values;
}

/** What a page has, decompressed. */
interface PageParts {
  /** How deep lists go and what is null: runs of numbers of `width` bits. */
  levels: { width: number; runs: Uint8Array }[];
  values: Uint8Array;
}

/** Of the first form of a page all is compressed, and each part of its levels has its length before it. */
function firstForm(
  { uncompressed_page_size }: PageHeader,
  stored: Uint8Array,
  { column, schemaPath }: PageContext,
): PageParts {
  let rest = decompressPage(stored, uncompressed_page_size, column.codec, compressors);
  const levels = levelWidths(schemaPath).flatMap((width) => {
    if (width === 0) return [];
    const length = new DataView(rest.buffer, rest.byteOffset, rest.byteLength).getUint32(0, true);
    const runs = rest.subarray(4, 4 + length);
    rest = rest.subarray(4 + length);
    return [{ width, runs }];
  });
  return { levels, values: rest };
}

/** Of the second form the header has the lengths, and levels are not compressed. */
function secondForm(header: PageHeader, stored: Uint8Array, { column, schemaPath }: PageContext): PageParts {
  const page = header.data_page_header_v2!;
  inRange(page.num_nulls, page.num_values, "nulls of a page");
  const lengths = [page.repetition_levels_byte_length, page.definition_levels_byte_length];
  let rest = stored;
  const levels = levelWidths(schemaPath).flatMap((width, index) => {
    const length = inRange(lengths[index]!, rest.length, "bytes of levels");
    const runs = rest.subarray(0, length);
    rest = rest.subarray(length);
    return width === 0 ? [] : [{ width, runs }];
  });
  const size = header.uncompressed_page_size - (stored.length - rest.length);
  const isCompressed = page.is_compressed !== false && size > 0;
  return { levels, values: isCompressed ? decompressPage(rest, size, column.codec, compressors) : rest };
}

/** Bits of the levels that a column has: of how deep a list goes on, and of how much of a path is there; 0 for none. */
function levelWidths(schemaPath: SchemaTree[]): number[] {
  return [getMaxRepetitionLevel(schemaPath), getMaxDefinitionLevel(schemaPath)].map(bitsOf);
}

function bitsOf(largest: number): number {
  return 32 - Math.clz32(largest);
}

/**
 * Goes through runs: either one number that is repeated, or eight packed ones at a time.
 * @returns how many numbers they have
 */
function checkRuns(runs: Uint8Array, width: number, values: number): number {
  let at = 0;
  let seen = 0;
  while (seen < values && at < runs.length) {
    let head = 0;
    for (let shift = 0, byte = 0x80; byte >= 0x80; shift += 7) {
      byte = runs[at++] ?? 0;
      head += (byte & 0x7f) * 2 ** shift;
      inRange(head, 2 ** 31, "length of a run");
    }
    const isPacked = head % 2 === 1;
    const length = Math.floor(head / 2);
    seen += isPacked ? length * 8 : length;
    at += isPacked ? length * width : Math.ceil(width / 8);
    inRange(seen, values + SLACK, "values of runs");
  }
  return seen;
}

function inRange(number: number, largest: number, what: string): number {
  if (number >= 0 && number <= largest) return number;
  throw new Error(`${number} ${what}, where at most ${largest} may be`);
}
