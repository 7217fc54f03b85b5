import { parseJson } from "../parse-json.js";
import { readable } from "./each-row.js";
import { readLines } from "./lines.js";
import { asFields, type Row } from "./row.js";
import type { TableReading } from "./tables.js";

/** The rows of a JSON Lines file: one object a line. */
export async function* readJsonLines(
  path: string,
  {
    limit = Number.POSITIVE_INFINITY,
    lines: source = readLines(path),
    onBrokenRow,
  }: Pick<TableReading, "limit" | "lines" | "onBrokenRow"> = {},
): AsyncGenerator<Row[]> {
  let lineNumber = 0;
  let count = 0;
  for await (const lines of source) {
    const rows: Row[] = [];
    for (const line of lines) {
      lineNumber++;
      if (line.trim() === "" || count === limit) continue;
      const location = `${path}, line ${lineNumber}`;
      const fields = readable(location, { onBrokenRow }, () => asFields(parseJson(line, location), location));
      if (fields === undefined) continue;
      rows.push({ fields, location });
      count++;
    }
    yield rows;
    if (count === limit) return;
  }
}
