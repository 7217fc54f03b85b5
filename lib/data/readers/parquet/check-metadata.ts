import type { AsyncBuffer, FileMetaData } from "hyparquet";
import type { ColumnMetaData, RowGroup } from "hyparquet/src/types.js";
import { dataError } from "../../data-error.js";
import { checkStruct } from "./check-struct.js";
import { requireCodec } from "./codecs.js";

/** A row group is held in memory. */
const MOST_ROWS = 2 ** 24;
const MOST_VALUES = 2 ** 26;
/** The file ends with the length of its footer, and four letters. */
const TRAILER = 8;

/** @throws Error for a footer that does not fit into the file, or cannot be parsed in a time that its length bounds */
export async function checkFooter(file: AsyncBuffer): Promise<void> {
  const end = file.byteLength - TRAILER;
  const length = new DataView(await file.slice(end, file.byteLength)).getUint32(0, true);
  if (length > end) throw new Error(`a footer of ${length} bytes in ${file.byteLength}`);
  checkStruct(new DataView(await file.slice(end - length, end)), 0);
}

/**
 * Whether the row groups are such as can be read, one by one, and lie in the file.
 *
 * @throws LibbertError ERR_DATA, naming the file
 */
export function checkGroups(
  { row_groups: groups, num_rows: all }: FileMetaData,
  fileBytes: number,
  file: string,
): void {
  for (const group of groups) checkGroup(group, fileBytes, file);
  const rows = groups.reduce((sum, { num_rows }) => sum + num_rows, 0n);
  if (rows !== all) throw dataError(file, `row groups of ${all} rows together`, String(rows));
}

function checkGroup({ columns, num_rows }: RowGroup, fileBytes: number, file: string): void {
  if (!(num_rows >= 0n && num_rows <= MOST_ROWS))
    throw dataError(
      file,
      `row groups of at most ${MOST_ROWS} rows, each of which is held in memory,`,
      String(num_rows),
    );
  for (const { meta_data: column } of columns) {
    if (column === undefined) throw dataError(file, "columns that are not encrypted", "an encrypted one");
    checkColumn(column, fileBytes, file);
  }
}

function checkColumn(column: ColumnMetaData, fileBytes: number, file: string): void {
  const { path_in_schema, codec, num_values, total_compressed_size: size } = column;
  const name = path_in_schema.join(".");
  requireCodec(codec, name, file);
  const what = `column ${JSON.stringify(name)}`;
  if (!(num_values >= 0n && num_values <= MOST_VALUES))
    throw dataError(file, `at most ${MOST_VALUES} values of ${what} in a row group`, String(num_values));
  const start = column.dictionary_page_offset || column.data_page_offset;
  if (start >= 0n && size >= 0n && start + size <= fileBytes) return;
  throw dataError(file, `${what} within ${fileBytes} bytes`, `bytes ${start} to ${start + size}`);
}
