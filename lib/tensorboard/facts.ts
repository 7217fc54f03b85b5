import { code, table } from "../card/markdown.js";

/** Names and values as a table in Markdown; what has no value is left out. */
export function tableOf(facts: object): string {
  const known = Object.entries(facts).filter(([, value]) => value !== undefined);
  return table(
    ["", ""],
    known.map(([name, value]) => [name, code(typeof value === "string" ? value : JSON.stringify(value))]),
  );
}
