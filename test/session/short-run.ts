/** A short fine-tuning of the tiny model, which tests vary. */
import {
  type ClassificationEvaluation,
  type ClassificationPrediction,
  type FineTuneEvent,
  type FineTuneOptionsByTask,
  fineTune,
} from "../../lib/index.js";
import { rowsOf, tinyRun } from "./support.js";

export const train = rowsOf(90); // 6 batches of 16 an epoch, the last of 10
export const held = rowsOf(40, 1001);
export const texts = held.map(({ text }) => text);

/** What a run came to. */
export interface ShortRun {
  losses: number[];
  learningRates: number[];
  labels: readonly string[];
  predictions: ClassificationPrediction[];
  events: FineTuneEvent[];
  metrics: ClassificationEvaluation | null;
}

/** One run of an epoch, with what a test varies. The model is disposed of afterwards. */
export async function shortRun(
  options: Partial<FineTuneOptionsByTask["classification"]> = {},
): Promise<ShortRun> {
  const events: FineTuneEvent[] = [];
  const onProgress = (event: FineTuneEvent) => events.push(event);
  await using model = await fineTune({ ...tinyRun, train, onProgress, ...options });
  const { steps } = model.history!;
  return {
    losses: steps.map(({ loss }) => loss),
    learningRates: steps.map(({ learningRate }) => learningRate),
    labels: model.labels,
    predictions: await model.predict(texts),
    events,
    metrics: model.training!.metrics,
  };
}
