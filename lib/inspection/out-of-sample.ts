import { CounterRandom } from "../counter-random.js";
import { fineTune } from "../fine-tuning/fine-tune.js";
import type { FineTuneSettings } from "../fine-tuning/options.js";
import type { FineTuneContext } from "../fine-tuning/run-context.js";
import type { TaskModel } from "../tasks/task-model.js";

/** Which of the seed's streams puts rows into folds. */
const FOLD_STREAM = 0xf01d;

/** Rows, as a model can learn them, that are divided into folds. */
export interface Folds {
  rows: readonly Record<string, unknown>[];
  /** Of each row, from 0. */
  foldOf: Int32Array;
  count: number;
}

/** The fold of each row: by chance, but rows with the same key are in the same one, so that no model has seen their texts. */
export function dealFolds(keys: Float64Array, count: number, seed: number): Int32Array {
  const distinct = [...new Set(keys)];
  const order = Int32Array.from(distinct.keys());
  new CounterRandom(seed, FOLD_STREAM).shuffle(order);
  const foldOfKey = new Map(distinct.map((key, index) => [key, order[index]! % count]));
  return Int32Array.from(keys, (key) => foldOfKey.get(key)!);
}

/** What is done out of sample. */
interface OutOfSampleRun<Answer> {
  /** Of a run without its training rows. */
  settings: Omit<FineTuneSettings, "train">;
  context: FineTuneContext;
  /** Is told each fold, from 0, before its model is trained. */
  onFold(fold: number): void;
  /** What a model says of rows that it has not seen. @param rows their numbers */
  answersOf(model: TaskModel, rows: readonly number[]): Promise<Answer[]>;
}

/**
 * What is said of each row by a model that was fine-tuned on the rows of the other folds.
 *
 * @throws as `fineTune()` does; the signal's reason
 */
export async function outOfSample<Answer>(
  { rows, foldOf, count }: Folds,
  { settings, context, onFold, answersOf }: OutOfSampleRun<Answer>,
): Promise<Answer[]> {
  const answers = new Array<Answer>(rows.length);
  for (let fold = 0; fold < count; fold++) {
    onFold(fold);
    const train = rows.filter((_, row) => foldOf[row] !== fold);
    const { model } = await fineTune({ ...settings, train }, context);
    try {
      const own = [...rows.keys()].filter((row) => foldOf[row] === fold);
      for (const [index, answer] of (await answersOf(model, own)).entries()) answers[own[index]!] = answer;
    } finally {
      model.dispose();
    }
  }
  return answers;
}
