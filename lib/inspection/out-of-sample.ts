import { CounterRandom } from "../counter-random.js";
import { fineTune } from "../fine-tuning/fine-tune.js";
import type { FineTuneSettings } from "../fine-tuning/options.js";
import type { FineTuneContext } from "../fine-tuning/run-context.js";

/** Which of the seed's streams puts rows into folds. */
const FOLD_STREAM = 0xf01d;

/** A row that a model can learn, and what it is asked about it. */
export interface LabelledRow {
  fields: Record<string, unknown>;
  input: unknown;
}

/** Rows that are divided into folds. */
export interface Folds {
  rows: readonly LabelledRow[];
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

/**
 * What is predicted for each row by a model that was fine-tuned on the rows of the other folds.
 *
 * @param settings of a run without its training rows
 * @param onFold is told each fold, from 0, before its model is trained
 * @throws as `fineTune()` does; the signal's reason
 */
export async function predictOutOfSample(
  { rows, foldOf, count }: Folds,
  settings: Omit<FineTuneSettings, "train">,
  context: FineTuneContext,
  onFold: (fold: number) => void,
): Promise<unknown[]> {
  const predictions = new Array<unknown>(rows.length);
  for (let fold = 0; fold < count; fold++) {
    onFold(fold);
    const train = rows.filter((_, row) => foldOf[row] !== fold).map(({ fields }) => fields);
    const { model } = await fineTune({ ...settings, train }, context);
    try {
      const own = [...rows.keys()].filter((row) => foldOf[row] === fold);
      const inputs = own.map((row) => rows[row]!.input);
      const predicted = await model.predict(inputs, {}, context.signal);
      for (const [index, row] of own.entries()) predictions[row] = predicted[index];
    } finally {
      model.dispose();
    }
  }
  return predictions;
}
