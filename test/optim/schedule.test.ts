import assert from "node:assert/strict";
import { test } from "node:test";
import { learningRateAt, type ScheduleName, warmupStepsOf } from "../../lib/optim/schedule.js";
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

test("the warm-up is a share of the updates, rounded up, and a single update has none", () => {
  assert.deepEqual(
    [0, 0.01, 0.1, 0.5, 1].map((ratio) => warmupStepsOf(ratio, 1)),
    [0, 0, 0, 0, 0],
  );
  for (const name of ["linear", "constant", "cosine", "polynomial"] as const)
    assert.equal(
      learningRateAt(0, { name, learningRate: 3, warmupSteps: warmupStepsOf(1, 1), totalSteps: 1 }),
      3,
    );
  assert.deepEqual(
    [0, 0.01, 0.5, 1].map((ratio) => warmupStepsOf(ratio, 10)),
    [0, 1, 5, 10],
  );
});

test("of two updates or more, whatever the warm-up, the last has a rate above 0", () => {
  for (const name of ["linear", "constant", "cosine", "polynomial"] as const)
    for (const totalSteps of [2, 3, 10])
      for (const ratio of [0, 0.01, 0.5, 0.99, 1]) {
        const schedule = { name, learningRate: 1, warmupSteps: warmupStepsOf(ratio, totalSteps), totalSteps };
        assert.ok(learningRateAt(totalSteps - 1, schedule) > 0, `${name}, ${ratio} of ${totalSteps}`);
      }
});
