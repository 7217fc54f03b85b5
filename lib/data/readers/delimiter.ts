/** What may stand between the cells of a .csv file; of several that fit, the first. */
const DELIMITERS = [",", ";", "\t"];
/** Of a table without a header, so many lines are looked at. */
const LINES_THAT_TELL = 100;

/**
 * What stands between the cells of a table, by its first lines: a comma, or where the header has none a semicolon or a
 * tab. Without a header, that of the three by which most lines have as many cells as there are names;
 * for one name a comma.
 */
export function delimiterIn(lines: readonly string[], columnNames?: readonly string[]): string {
  const cellsIn = (line: string, delimiter: string) => line.replace(/"[^"]*"/g, "").split(delimiter).length;
  const written = lines.filter((line) => line !== "").slice(0, LINES_THAT_TELL);
  if (columnNames === undefined)
    return DELIMITERS.find((delimiter) => cellsIn(written[0]!, delimiter) > 1) ?? ",";
  if (columnNames.length === 1) return DELIMITERS[0]!; // any that the lines lack would fit
  const fitting = DELIMITERS.map(
    (delimiter) => written.filter((line) => cellsIn(line, delimiter) === columnNames.length).length,
  );
  return DELIMITERS[fitting.indexOf(Math.max(...fitting))]!;
}
