import assert from "node:assert/strict";
import { test } from "node:test";
import { learningRateAt, type ScheduleName } from "../../lib/optim/schedule.js";
import { goldenJson } from "../support/golden.js";
import { assertClose } from "../support/tolerance.js";

interface Case {
  schedule: ScheduleName;
  learningRate: number;
  steps: number;
  warmupSteps: number;
  rates: number[];
}

for (const { schedule, learningRate, steps, warmupSteps, rates } of goldenJson<{ cases: Case[] }>(
  "schedules.json",
).cases) {
  test(`${schedule} over ${steps} steps, ${warmupSteps} of warm-up, has the rates of transformers`, () => {
    const settings = { name: schedule, learningRate, warmupSteps, totalSteps: steps };
    const ours = rates.map((_, step) => learningRateAt(step, settings));
    // Both compute in float64; near the end of a cosine, 1 + cos cancels all but a few digits.
    assertClose(ours, rates, { relative: 1e-12, absolute: 1e-15 * learningRate });
  });
}

test("a warm-up starts at 0, and what comes after the last step keeps its rate", () => {
  const schedule = { learningRate: 1, warmupSteps: 4, totalSteps: 10 };
  assert.equal(learningRateAt(0, { name: "linear", ...schedule }), 0);
  assert.equal(learningRateAt(25, { name: "linear", ...schedule }), 0);
  assert.equal(learningRateAt(25, { name: "cosine", ...schedule }), 0);
  assert.equal(learningRateAt(25, { name: "constant", ...schedule }), 1);
  assert.equal(learningRateAt(4, { name: "linear", learningRate: 1, warmupSteps: 4, totalSteps: 4 }), 1);
});
