import assert from "node:assert/strict";
import { test } from "node:test";
import { lineIsDue, trainingProgress } from "../../lib/cli/progress/training-progress.js";

/** The steps that get a line in a training of 100 updates, each of which takes so long. */
function shownSteps(millisecondsPerStep: number): number[] {
  let time = 0;
  const isDue = lineIsDue(() => time);
  const steps = Array.from({ length: 100 }, (_, index) => index + 1);
  return steps.filter((step) => {
    time += millisecondsPerStep;
    return isDue({ step, totalSteps: 100 });
  });
}

test("a fast training gets a line every 10 seconds, a slow one every 5 % of the updates", () => {
  assert.deepEqual(shownSteps(1000), [10, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
  assert.deepEqual(shownSteps(30_000).slice(0, 3), [5, 10, 15]);
  assert.deepEqual(shownSteps(1), [100], "and the last update always has one");
});

test("the line of an evaluation shows the task's metrics in their order, no counts and nothing that has no value", (t) => {
  const { mock } = t.mock.method(console, "error", () => {});
  const { onProgress } = trainingProgress();
  const run = { firstStep: 0, totalSteps: 4, device: "cpu", dtype: "float32", reason: "as asked" } as const;
  onProgress({ type: "start", task: "question-answering", rows: 8, labels: [], epochs: 2, ...run });
  const metrics = {
    rows: 5,
    windows: 7,
    exactMatch: 40,
    f1: 62.5,
    bestF1Threshold: -1,
    noAnswerF1: null,
    loss: 3.25,
  };
  onProgress({ type: "evaluation", step: 2, epoch: 1, metrics });
  assert.deepEqual(
    mock.calls.map(({ arguments: [line] }) => line),
    [
      "Training on 8 rows: 4 updates in 2 epochs\nComputing on cpu, as asked",
      "Evaluation after step 2 (epoch 1) on 5 rows: f1 62.5000, exactMatch 40, loss 3.2500",
    ],
  );
});
