import {
  type BudgetChoice,
  type FineTuneEvent,
  type FineTuneOptions,
  fineTune,
  type ModelCalibration,
} from "../../lib/index.js";

/** What a training came to, and what its model predicts. */
export interface Outcome {
  losses: number[];
  metrics: Record<string, number>;
  trainLoss: number;
  steps: number;
  predictions: unknown[];
  /** Of a run with `calibrate`. */
  calibration: ModelCalibration | null;
  /** Of a run with one. */
  budget: BudgetChoice | null;
}

/** Fine-tunes and predicts for the texts. @param options.stopAfter an update after which the training is aborted */
export async function fineTuneOutcome(
  { stopAfter, ...options }: { stopAfter?: number; [option: string]: unknown },
  texts: readonly unknown[],
): Promise<Outcome> {
  const controller = new AbortController();
  const onProgress = (event: FineTuneEvent) => {
    if (event.type === "step" && event.step === stopAfter) controller.abort(new Error("enough"));
  };
  const { signal } = controller;
  await using model = await fineTune({ ...options, signal, onProgress } as FineTuneOptions);
  const { history, metrics, trainLoss, steps, calibration = null, budget = null } = model.training!;
  const losses = history.steps.map(({ loss }) => loss);
  const predictions = await model.predict(texts as never);
  return { losses, metrics: metrics as never, trainLoss, steps, predictions, calibration, budget };
}
