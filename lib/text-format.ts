/** A number as people read it: counts in full, measurements with four digits after the point. */
export function figure(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(4);
}

/** A count with its noun: `1 row`, `2 rows`. @param plural where it is not the noun with an s */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${figure(count)} ${count === 1 ? noun : plural}`;
}

/** A setting as people read it: small numbers as 5e-5. */
export function numberText(value: number): string {
  return value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential() : String(value);
}

/** Names and values in two columns; what is an object by itself is left out. */
export function figureTable(figures: object): string {
  const shown = Object.entries(figures).filter(([, value]) => typeof value !== "object" || value === null);
  const width = Math.max(...shown.map(([name]) => name.length));
  return shown
    .map(([name, value]) => `${name.padEnd(width)}  ${typeof value === "number" ? figure(value) : value}`)
    .join("\n");
}

/** Cells in columns as wide as they need: the first left-aligned, the others right-aligned, as numbers are. */
export function alignedColumns(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)));
  const lines = rows.map((cells) =>
    cells.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
    ),
  );
  return lines.map((cells) => cells.join("  ")).join("\n");
}

/** A text as a cell of a table or a line of output: tabs and line breaks become spaces. */
export function asCell(text: string): string {
  return text.replace(/[\t\r\n]+/g, " ");
}

/** The first of some names, and how many more there are. */
export function someOf(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(", ");
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}

/** Numbers with as many digits as float32 has. */
export function digitsOfFloats(values: Float32Array): number[] {
  return Array.from(values, (value) => Number(value.toPrecision(9)));
}
