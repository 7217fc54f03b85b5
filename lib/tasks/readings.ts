import type { Preparation, ReadOptions } from "./head.js";

/** How the rows of a run are read: those to train on, and those to evaluate on. */
export function readingsOf(
  { train, validation, limit, signal, notify }: Preparation<unknown>,
  { columns, columnNames }: Pick<ReadOptions, "columns" | "columnNames">,
): { train: ReadOptions; validation: ReadOptions } {
  const others = validation === undefined ? [] : [validation];
  const reading = (name: string) => ({
    ...{ name, columns, columnNames, signal },
    notify: (message: string) => notify(`${name}: ${message}`),
  });
  return {
    train: { ...reading("train"), others, limit },
    validation: { ...reading("validation"), others: [train] },
  };
}
