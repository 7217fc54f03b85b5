import type { Examples, MiningContext } from "../tasks/head.js";
import type { TaskModel } from "../tasks/task-model.js";

/** What was found for the rows of an epoch. */
export interface Mined {
  /** Counted from 0. */
  epoch: number;
  found: number[];
}

/** Mines for an epoch, if the model's head does. Dropout is on afterwards. */
export async function mineFor(
  model: TaskModel,
  rows: Examples,
  context: MiningContext,
  signal?: AbortSignal,
): Promise<Mined | null> {
  if (model.head.mining === undefined) return null;
  const found = await model.mine(rows, context, signal);
  model.train(true);
  return { epoch: context.epoch, found };
}

/** The rows of an epoch. @param rows those of the training */
export function epochRows({ head }: TaskModel, rows: Examples, mined: Mined | null): Examples {
  return mined === null ? rows : head.mining!.rows(rows, mined.found);
}
