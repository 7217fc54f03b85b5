import { type FineTuneOptions, fineTune } from "../../lib/index.js";

/** What a training came to, and what its model predicts. */
export interface Outcome {
  losses: number[];
  metrics: Record<string, number>;
  trainLoss: number;
  steps: number;
  predictions: unknown[];
}

/** Fine-tunes and predicts for the texts. */
export async function fineTuneOutcome(options: object, texts: readonly unknown[]): Promise<Outcome> {
  await using model = await fineTune(options as FineTuneOptions);
  const { history, metrics, trainLoss, steps } = model.training!;
  const losses = history.steps.map(({ loss }) => loss);
  const predictions = await model.predict(texts as never);
  return { losses, metrics: metrics as never, trainLoss, steps, predictions };
}
