import { type FileHandle, open } from "node:fs/promises";
import {
  type AsyncBuffer,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
} from "hyparquet";
import { getTreePath } from "hyparquet/src/schema.js";
import type { RowGroup } from "hyparquet/src/types.js";
import { abridged, LibbertError } from "../../../errors.js";
import { dataError, unreadable } from "../../data-error.js";
import { requireParquet } from "../file-kind.js";
import type { Row } from "../row.js";
import { checkFooter, checkGroups } from "./check-metadata.js";
import { checkPages } from "./check-pages.js";
import { featuresIn, hasClassLabels, withClassNames } from "./class-labels.js";
import { compressors } from "./codecs.js";

/** Rows are handed on so many at a time. */
const ROWS_PER_ARRAY = 1024;

/**
 * The rows of a Parquet file, one row group in memory at a time. Numbers, booleans, texts, lists and structs keep their
 * types; class numbers become names where the file has these.
 *
 * @throws LibbertError ERR_DATA, naming the file, when it is none, is damaged, or is compressed in another way
 */
export async function* readParquet(
  path: string,
  { limit = Number.POSITIVE_INFINITY }: { limit?: number } = {},
): AsyncGenerator<Row[]> {
  await using handle = await opened(path);
  const file = await bufferOf(path, handle);
  const metadata = await soundly(path, async () => {
    await checkFooter(file);
    const metadata = await parquetMetadataAsync(file, { geoparquet: false });
    checkGroups(metadata, file.byteLength, path);
    return metadata;
  });
  const toRow = rowMaker(path, metadata);
  let start = 0;
  for (const group of metadata.row_groups) {
    const end = start + Number(group.num_rows);
    const rowEnd = Math.min(end, limit);
    const objects = await soundly(path, () => groupRows(file, metadata, group, { rowStart: start, rowEnd }));
    for (let at = 0; at < objects.length; at += ROWS_PER_ARRAY)
      yield objects
        .slice(at, at + ROWS_PER_ARRAY)
        .map((object, index) => toRow(object, start + at + index + 1));
    start = end;
    if (start >= limit) return;
  }
}

async function groupRows(
  file: AsyncBuffer,
  metadata: FileMetaData,
  { columns }: RowGroup,
  rows: { rowStart: number; rowEnd: number },
): Promise<Record<string, unknown>[]> {
  const schema = parquetSchema(metadata);
  for (const { meta_data: column } of columns) {
    const { path_in_schema, dictionary_page_offset, data_page_offset, total_compressed_size } = column!;
    const start = Number(dictionary_page_offset || data_page_offset);
    const bytes = await file.slice(start, start + Number(total_compressed_size));
    checkPages({ bytes, column: column!, schemaPath: getTreePath(schema, path_in_schema) });
  }
  return parquetReadObjects({
    file,
    metadata,
    ...rows,
    compressors,
    parsers: { stringFromBytes },
    utf8: false,
  });
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function stringFromBytes(bytes: Uint8Array | undefined): string | undefined {
  try {
    return bytes && decoder.decode(bytes);
  } catch (error) {
    throw new Error("a text that is not UTF-8", { cause: error });
  }
}

/** Makes a row of what hyparquet gives. */
function rowMaker(path: string, { key_value_metadata }: FileMetaData) {
  const features = featuresIn(key_value_metadata);
  const labelled = Object.entries(features).filter(([, feature]) => hasClassLabels(feature));
  return (object: Record<string, unknown>, number: number): Row => {
    const location = `${path}, row ${number}`;
    const fields = plain(object) as Record<string, unknown>;
    for (const [name, feature] of labelled)
      if (Object.hasOwn(fields, name)) fields[name] = withClassNames(fields[name], feature, location);
    return { fields, location };
  };
}

/** The same as JSON would have it: integers are numbers where these can hold them, and nothing is undefined. */
function plain(value: unknown): unknown {
  if (value === undefined) return null;
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  if (value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(plain);
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one)]));
}

async function opened(path: string): Promise<FileHandle> {
  try {
    return await open(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

async function bufferOf(path: string, handle: FileHandle): Promise<AsyncBuffer> {
  const { size } = await handle.stat();
  const slice = async (start: number, end = size) => {
    if (!(start >= 0 && end >= start && end <= size)) throw new Error(`bytes ${start} to ${end} of ${size}`);
    const bytes = new Uint8Array(end - start);
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, start);
    if (bytesRead === bytes.length) return bytes.buffer;
    throw new Error(`${bytesRead} bytes instead of ${bytes.length}`);
  };
  try {
    requireParquet(path, new Uint8Array(await slice(0, Math.min(size, 4096))));
  } catch (error) {
    if (error instanceof LibbertError) throw error;
    throw unreadable(path, error);
  }
  return { byteLength: size, slice };
}

/** What hyparquet, or a check before it, throws is about the file. */
async function soundly<Result>(path: string, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof LibbertError) throw error;
    // A TypeError is about a part that is not there, or of another kind, in words about JavaScript.
    const reason = error instanceof TypeError ? "its parts do not fit" : abridged((error as Error).message);
    throw dataError(path, "a whole Parquet file", `a damaged one (${reason})`, { cause: error });
  }
}
