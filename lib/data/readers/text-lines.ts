import type { Row } from "./row.js";
import { openLines } from "./standard-input.js";

/** The lines of a file as rows that have a text alone, in arrays as they come; blank ones are passed over. */
export async function* readTextLines(
  path: string,
  { limit = Number.POSITIVE_INFINITY }: { limit?: number },
): AsyncGenerator<Row[]> {
  const { name, lines } = openLines(path);
  let number = 0;
  let left = limit;
  for await (const some of lines) {
    const first = number;
    number += some.length;
    const rows = some
      .map((text, index) => ({ fields: { text }, location: `${name}, line ${first + index + 1}` }))
      .filter(({ fields: { text } }) => text.trim() !== "")
      .slice(0, left);
    left -= rows.length;
    yield rows;
    if (left <= 0) return;
  }
}
