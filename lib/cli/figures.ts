/** A number as people read it: counts in full, measurements with four digits after the point. */
export function figure(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(4);
}

/** Names and values in two columns; what is an object by itself is left out. */
export function figureTable(figures: object): string {
  const shown = Object.entries(figures).filter(([, value]) => typeof value !== "object" || value === null);
  const width = Math.max(...shown.map(([name]) => name.length));
  return shown
    .map(([name, value]) => `${name.padEnd(width)}  ${typeof value === "number" ? figure(value) : value}`)
    .join("\n");
}
