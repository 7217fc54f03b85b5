import { dataError } from "../data-error.js";
import { readLines } from "./lines.js";
import { asFields, type Row } from "./row.js";

/** The rows of a JSON Lines file: one object a line. */
export async function* readJsonLines(path: string): AsyncGenerator<Row> {
  let lineNumber = 0;
  for await (const lines of readLines(path)) {
    for (const line of lines) {
      lineNumber++;
      if (line.trim() === "") continue;
      const place = `${path}, line ${lineNumber}`;
      yield { fields: asFields(parseJson(line, place), place), place };
    }
  }
}

function parseJson(line: string, place: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw dataError(place, "a JSON object", `broken JSON (${(error as Error).message})`, { cause: error });
  }
}
