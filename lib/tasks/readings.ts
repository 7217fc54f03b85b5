import type { Preparation, ReadOptions } from "./head.js";

/** How the rows of a run are read: those to train on, and those to evaluate on. */
export function readingsOf(
  { train, validation, limit, signal }: Preparation<unknown>,
  { columns, columnNames }: Pick<ReadOptions, "columns" | "columnNames">,
): { train: ReadOptions; validation: ReadOptions } {
  const others = validation === undefined ? [] : [validation];
  return {
    train: { name: "train", columns, columnNames, others, limit, signal },
    validation: { name: "validation", columns, columnNames, others: [train], signal },
  };
}
