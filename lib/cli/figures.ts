/** A number as people read it: counts in full, measurements with four digits after the point. */
export function figure(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(4);
}

/** Names and values in two columns. */
export function figureTable(figures: object): string {
  const width = Math.max(...Object.keys(figures).map((name) => name.length));
  return Object.entries(figures)
    .map(([name, value]) => `${name.padEnd(width)}  ${typeof value === "number" ? figure(value) : value}`)
    .join("\n");
}
