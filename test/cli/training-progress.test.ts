import assert from "node:assert/strict";
import { test } from "node:test";
import { stepLines } from "../../lib/cli/training-progress.js";

/** The steps that get a line in a training of 100 updates, each of which takes so long. */
function shownSteps(millisecondsPerStep: number): number[] {
  let time = 0;
  const shown: number[] = [];
  const display = stepLines(
    (line) => shown.push(Number(/^Step (\d+)\/100,/.exec(line)![1])),
    () => time,
  );
  const figures = { epoch: 1, loss: 1, gradientNorm: 1, learningRate: 1e-5 };
  const speed = { sequencesPerSecond: 1, tokensPerSecond: 1, remainingSeconds: 1 };
  for (let step = 1; step <= 100; step++) {
    time += millisecondsPerStep;
    display.show({ type: "step", step, totalSteps: 100, ...figures, ...speed });
  }
  return shown;
}

test("a fast training gets a line every 10 seconds, a slow one every 5 % of the updates", () => {
  assert.deepEqual(shownSteps(1000), [10, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
  assert.deepEqual(shownSteps(30_000).slice(0, 3), [5, 10, 15]);
  assert.deepEqual(shownSteps(1), [100], "and the last update always has one");
});
