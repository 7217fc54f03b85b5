import { join } from "node:path";
import type { RowInput } from "../data/readers/rows.js";
import { areFiles } from "../options/row-options.js";
import { Board } from "../tensorboard/board.js";
import type { PreparedRun } from "./prepare-run.js";
import { type FineTuneContext, isLeader } from "./run-context.js";

/** Where TensorBoard looks for one training of a run; each of several seeds has a folder of its own. Null where it shows nothing. */
export function boardOf(
  { settings, maxSeqLength, microBatchSize }: PreparedRun,
  seed: number,
  context: FineTuneContext,
): Board | null {
  const { tensorboardDir, seeds, train, validation, ...others } = settings;
  if (tensorboardDir === undefined || !isLeader(context)) return null;
  const folder = seeds === undefined ? tensorboardDir : join(tensorboardDir, `seed-${seed}`);
  const notify = (message: string) => context.emit({ type: "notice", message });
  const rows = { train: rowsText(train), validation: validation && rowsText(validation) };
  return new Board(folder, { ...others, ...rows, maxSeqLength, microBatchSize, seed }, notify);
}

/** Rows in memory may be many. */
function rowsText(rows: RowInput): unknown {
  return areFiles(rows) ? rows : "rows in memory";
}
