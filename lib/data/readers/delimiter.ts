/** What may stand between the cells of a .csv file; the first one that fits is it. */
const DELIMITERS = [",", ";", "\t"];

/**
 * What stands between the cells of a table, by its first line: a comma, or where there is none a semicolon or a tab;
 * of a line that is no header, the first of the three that gives as many cells as there are names.
 */
export function delimiterIn(firstLine: string, columnNames?: readonly string[]): string {
  const bare = firstLine.replace(/"[^"]*"/g, "");
  const fits = (delimiter: string) => {
    const cells = bare.split(delimiter).length;
    return columnNames === undefined ? cells > 1 : cells === columnNames.length;
  };
  return DELIMITERS.find(fits) ?? ",";
}
