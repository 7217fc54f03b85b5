import "../support/one-thread.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { train } from "../../lib/train/train.js";
import { failureOf, masterBytes, reportsOf, tinyTraining } from "../support/training.js";

/** A run whose reports are due after every third update, as on a GPU; 20 updates. */
function everyThird() {
  const training = tinyTraining();
  return { ...training, isReportDue: (step: number) => step % 3 === 0 };
}

test("updates reported together are the same as those reported one by one, to the last", async () => {
  const [together, oneByOne] = [everyThird(), tinyTraining()];
  const reports = await reportsOf(together);
  assert.deepEqual(reports, await reportsOf(oneByOne));
  assert.equal(reports.length, 20);
  assert.deepEqual(masterBytes(together.parameters), masterBytes(oneByOne.parameters));
});

test("a report that is due comes before the next update, with those before it", async () => {
  const training = everyThird();
  let updates = 0;
  const seen: { steps: number[]; updates: number }[] = [];
  for await (const reports of train({
    ...training,
    counts: (batch) => {
      updates++;
      return training.counts(batch);
    },
  }))
    seen.push({ steps: reports.map(({ step }) => step), updates });
  assert.deepEqual(seen, [
    { steps: [1, 2, 3], updates: 3 },
    { steps: [4, 5, 6], updates: 6 },
    { steps: [7, 8, 9], updates: 9 },
    { steps: [10, 11, 12], updates: 12 },
    { steps: [13, 14, 15], updates: 15 },
    { steps: [16, 17, 18], updates: 18 },
    { steps: [19, 20], updates: 20 },
  ]);
});

test("isReportDue is asked once for each update, by the number of updates done", async () => {
  const asked: number[] = [];
  const training = tinyTraining({ epochs: 1 });
  const isReportDue = (step: number) => {
    asked.push(step);
    return step === 9;
  };
  const batches: number[][] = [];
  for await (const reports of train({ ...training, firstStep: 5, isReportDue }))
    batches.push(reports.map(({ step }) => step));
  assert.deepEqual(asked, [6, 7, 8, 9, 10]);
  assert.deepEqual(batches, [[6, 7, 8, 9], [10]]);
});

test("without isReportDue each update is reported by itself", async () => {
  const lengths: number[] = [];
  for await (const reports of train(tinyTraining({ epochs: 1 }))) lengths.push(reports.length);
  assert.deepEqual(lengths, [1, 1, 1, 1, 1]);
});

test("while reports are looked at no update is made, and the weights are those after the last of them", async () => {
  const training = everyThird();
  const alone = tinyTraining();
  const weightsAfter: Buffer[] = [];
  for await (const _ of train(alone)) weightsAfter.push(masterBytes(alone.parameters));
  for await (const reports of train(training)) {
    const before = masterBytes(training.parameters);
    await new Promise((done) => setTimeout(done, 5)); // an evaluation, say
    assert.deepEqual(masterBytes(training.parameters), before);
    assert.deepEqual(before, weightsAfter[reports.at(-1)!.step - 1]);
  }
});

test("leaving the loop ends the training: no update is made any more, and the updates' source is closed", async () => {
  const training = tinyTraining();
  let isClosed = false;
  let updates = 0;
  async function* source() {
    try {
      for await (const batches of training.updates) yield batches;
    } finally {
      isClosed = true;
    }
  }
  for await (const [report] of train({
    ...training,
    updates: source(),
    counts: (batch) => {
      updates++;
      return training.counts(batch);
    },
  }))
    if (report!.step === 3) break;
  assert.ok(isClosed);
  const weights = masterBytes(training.parameters);
  await new Promise((done) => setTimeout(done, 20));
  assert.equal(updates, 3);
  assert.deepEqual(masterBytes(training.parameters), weights);
});

test("an abort reports what was done since the last report", async () => {
  const training = everyThird();
  const controller = new AbortController();
  let updates = 0;
  const { reports, error } = await failureOf({
    ...training,
    signal: controller.signal,
    counts: (batch) => {
      if (++updates === 5) controller.abort();
      return training.counts(batch);
    },
  });
  assert.equal(error.name, "AbortError");
  assert.deepEqual(
    reports.map(({ step }) => step),
    [1, 2, 3, 4, 5],
  );
});

test("a loss that is NaN between two reports is found at the next, and no update after it has spoilt the weights", async () => {
  const training = everyThird();
  const weightsAfter = [masterBytes(training.parameters)];
  let micro = 0;
  let atTheEnd: Buffer | undefined;
  const { reports, error } = await failureOf({
    ...training,
    loss: (batch, totals) => training.loss(batch, totals).mul(++micro === 5 ? Number.NaN : 1),
    counts: (batch) => {
      weightsAfter.push(masterBytes(training.parameters)); // before each update
      atTheEnd = weightsAfter.at(-1);
      return training.counts(batch);
    },
  });
  assert.equal(error.code, "ERR_NON_FINITE");
  assert.match(error.message, /The loss became NaN .* at step 5:.* weights after step 0 again$/);
  assert.equal(micro, 6);
  assert.deepEqual(atTheEnd, weightsAfter[5], "update 5 left the weights as they were");
  assert.notDeepEqual(weightsAfter[5], weightsAfter[4], "update 4 did not");
  assert.deepEqual(masterBytes(training.parameters), weightsAfter[0]);
  assert.deepEqual(
    reports.map(({ step }) => step),
    [1, 2, 3, 4],
  );
});
