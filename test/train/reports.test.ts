import "../support/one-thread.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { train, type UpdateReport } from "../../lib/train/train.js";
import { masterBytes, tinyTraining } from "../support/training.js";

/** A run whose reports are due after every third update, as on a GPU; 20 updates. */
function everyThird() {
  const training = tinyTraining();
  return { ...training, isReportDue: (step: number) => step % 3 === 0 };
}

test("updates reported together are the same as those reported one by one, to the last", async () => {
  const [together, oneByOne] = [everyThird(), tinyTraining()];
  await train(together);
  await train(oneByOne);
  assert.equal(oneByOne.reports.length, 20);
  assert.deepEqual(together.reports, oneByOne.reports);
  assert.deepEqual(masterBytes(together.parameters), masterBytes(oneByOne.parameters));
});

test("a report that is due comes before the next update, with those before it", async () => {
  const training = everyThird();
  let updates = 0;
  const seen: [step: number, updates: number][] = [];
  await train({
    ...training,
    counts: (batch) => {
      updates++;
      return training.counts(batch);
    },
    onUpdate: ({ step }) => void seen.push([step, updates]),
  });
  assert.deepEqual(seen.slice(0, 6), [
    [1, 3],
    [2, 3],
    [3, 3],
    [4, 6],
    [5, 6],
    [6, 6],
  ]);
  assert.deepEqual(seen.slice(-2), [
    [19, 20],
    [20, 20],
  ]);
});

test("an abort reports what was done since the last report", async () => {
  const training = everyThird();
  const controller = new AbortController();
  let updates = 0;
  const run = train({
    ...training,
    signal: controller.signal,
    counts: (batch) => {
      if (++updates === 5) controller.abort();
      return training.counts(batch);
    },
  });
  await assert.rejects(run, { name: "AbortError" });
  assert.deepEqual(
    training.reports.map(({ step }) => step),
    [1, 2, 3, 4, 5],
  );
});

test("a loss that is NaN between two reports is found at the next, and no update after it has spoilt the weights", async () => {
  const training = everyThird();
  const weightsAfter = [masterBytes(training.parameters)];
  let micro = 0;
  let atTheEnd: Buffer | undefined;
  const run = train({
    ...training,
    loss: (batch, totals) => training.loss(batch, totals).mul(++micro === 5 ? Number.NaN : 1),
    counts: (batch) => {
      weightsAfter.push(masterBytes(training.parameters)); // before each update
      atTheEnd = weightsAfter.at(-1);
      return training.counts(batch);
    },
  });
  await assert.rejects(run, (error: { code: string; message: string; lastGoodStep: number }) => {
    assert.equal(error.code, "ERR_NON_FINITE");
    assert.match(error.message, /The loss became NaN .* at step 5:.* weights after step 0 again$/);
    return true;
  });
  assert.equal(micro, 6);
  assert.deepEqual(atTheEnd, weightsAfter[5], "update 5 left the weights as they were");
  assert.notDeepEqual(weightsAfter[5], weightsAfter[4], "update 4 did not");
  assert.deepEqual(masterBytes(training.parameters), weightsAfter[0]);
  assert.deepEqual(
    training.reports.map((report: UpdateReport) => report.step),
    [1, 2, 3, 4],
  );
});
