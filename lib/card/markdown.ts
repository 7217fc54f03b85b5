import { plainText } from "./plain-text.js";

/** A text in which Markdown finds nothing. */
export function escaped(text: string): string {
  return plainText(text).replace(/[\\`*_{}[\]<>()#+!|~&$-]/g, "\\$&");
}

/** A text as code in a line. It is fenced by more backquotes than it has side by side. */
export function code(text: string): string {
  const plain = plainText(text);
  const longest = Math.max(0, ...(plain.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = "`".repeat(longest + 1);
  const space = longest > 0 || plain.trim() === "" ? " " : "";
  return `${fence}${space}${plain}${space}${fence}`;
}

/** A table; its cells are Markdown. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(heads), line(heads.map(() => "---")), ...rows.map(line)].join("\n");
}

/** A block of code, of which no line begins with backquotes. */
export function block(language: string, source: string): string {
  return `\`\`\`${language}\n${source}\n\`\`\``;
}
