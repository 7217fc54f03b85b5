import { LibbertError } from "../../errors.js";
import type { Row } from "./row.js";
import type { TableReading } from "./tables.js";

type Tolerance = Pick<TableReading, "onBrokenRow">;

/** Who looks on while rows are read. */
export interface RowObserver extends Tolerance {
  /** Sees each row as its source has it, before anything is read of it. */
  onRow?: (row: Row) => void;
}

/**
 * What is read at a location; undefined where nothing can be.
 *
 * @param onBrokenRow is then told why. Default: the error is thrown
 */
export function readable<Read>(
  location: string,
  { onBrokenRow }: Tolerance,
  read: () => Read,
): Read | undefined {
  try {
    return read();
  } catch (error) {
    if (!onBrokenRow || !(error instanceof LibbertError) || error.code !== "ERR_DATA") throw error;
    onBrokenRow(location, error);
    return undefined;
  }
}

/** What is read of each row, without those of which nothing can be. */
export function readEach<Read extends object>(
  rows: readonly Row[],
  observer: RowObserver,
  read: (row: Row) => Read,
): Read[] {
  const all: Read[] = [];
  for (const row of rows) {
    observer.onRow?.(row);
    const one = readable(row.location, observer, () => read(row));
    if (one !== undefined) all.push(one);
  }
  return all;
}
