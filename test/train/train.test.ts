import assert from "node:assert/strict";
import { test } from "node:test";
import { gradientNorm } from "../../lib/optim/gradient-norm.js";
import { stack } from "../../lib/tensor/create.js";
import type { DType } from "../../lib/tensor/dtype.js";
import { native } from "../../lib/tensor/native.js";
import { totalsOn } from "../../lib/train/totals.js";
import { type Training, train } from "../../lib/train/train.js";
import { DEVICE } from "../support/device.js";
import { loadTinyBert } from "../support/networks.js";
import { assertClose } from "../support/tolerance.js";
import {
  classifierTraining,
  failureOf,
  type LabelledBatch,
  masterBytes,
  reportsOf,
  split,
  tinyBatches,
  tinyTraining,
} from "../support/training.js";

native.setNumThreads(1); // so small a model only waits for a second thread, above all on a busy machine

const dtypes: DType[] = ["float32", "bfloat16"];
const lossesOf = async (training: Training<LabelledBatch>) =>
  (await reportsOf(training)).map(({ loss }) => loss);
const inTwos = () => tinyBatches().map((batch) => split(batch, 2));

/** bfloat16 keeps 8 bits: losses near 1 were seen to wander by up to 0.012 in 20 updates. */
const BFLOAT16_NOISE = 0.03;

test("bfloat16 training follows float32", async () => {
  const wide = await lossesOf(tinyTraining({ dtype: "float32" }));
  const narrow = await lossesOf(tinyTraining({ dtype: "bfloat16" }));
  assertClose(narrow, wide, { absolute: BFLOAT16_NOISE });
  const spread = Math.max(...wide) - Math.min(...wide);
  assert.ok(spread > 10 * BFLOAT16_NOISE, `losses that move by ${spread} would hide a mistake`);
});

for (const dtype of dtypes) {
  test(`four micro-batches of two make the same updates in ${dtype} as one batch of eight`, async () => {
    const whole = await lossesOf(tinyTraining({ dtype }));
    const pieces = await lossesOf(tinyTraining({ dtype }, inTwos()));
    // Float32 differs by the order of additions; over 20 updates 3e-7 was seen.
    assertClose(pieces, whole, { absolute: dtype === "float32" ? 1e-5 : BFLOAT16_NOISE });
  });
}

test("micro-batches of unequal size count by their examples", async () => {
  const updates = tinyBatches().map((batch) => [split(batch, 5)[0]!, split(batch, 5)[1]!]); // five and three
  const whole = await lossesOf(tinyTraining());
  const pieces = await lossesOf(tinyTraining({}, updates));
  assertClose(pieces, whole, { absolute: 1e-5 });
});

test("in bfloat16, gradients of several micro-batches are summed in float32, also between updates of one", async () => {
  const [first, second] = tinyBatches() as [LabelledBatch, LabelledBatch];
  const updates = [[first], split(second, 2), [first]];
  const settings = { epochs: 1, learningRate: 0, dtype: "bfloat16" } as const;
  const reports = await reportsOf(classifierTraining(loadTinyBert(), updates, settings));

  const sums = classifierTraining(loadTinyBert(), updates, settings);
  const norms = updates.map((batches) => {
    sums.parameters.zeroGradients();
    const rows = batches.reduce((sum, batch) => sum + sums.counts(batch).rows!, 0);
    for (const batch of batches) {
      sums.loss(batch, totalsOn(DEVICE, { rows })).backward();
      sums.parameters.collectGradients();
    }
    return gradientNorm(sums.parameters).item();
  });
  assert.deepEqual(
    reports.map((report) => report.gradientNorm),
    norms,
  );
});

test("each update is reported with its number and learning rate", async () => {
  const training = tinyTraining({
    epochs: 2,
    learningRate: 8,
    schedule: "constant",
    warmupSteps: 4,
    maxGradNorm: 0,
  });
  const reports = await reportsOf(training);
  assert.deepEqual(
    reports.map(({ step }) => step),
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  );
  assert.deepEqual(
    reports.map(({ learningRate }) => learningRate),
    [0, 2, 4, 6, 8, 8, 8, 8, 8, 8],
  );
});

test("the first update of a warm-up has the learning rate 0 and leaves every weight as it was", async () => {
  const training = tinyTraining({ warmupSteps: 2 });
  const before = masterBytes(training.parameters);
  const after: Buffer[] = [];
  for await (const _ of train(training)) after.push(masterBytes(training.parameters));
  assert.deepEqual(after[0], before);
  assert.notDeepEqual(after[1], before);
});

test("a gradient longer than maxGradNorm is scaled down to it, and reported as it was", async () => {
  // The Adam update does not depend on the gradient's length; its first moment does, and eps as large as that shows it.
  const firstStep = async (maxGradNorm: number) => {
    const training = tinyTraining({ maxGradNorm, epochs: 1, optimizer: { eps: 1e3, weightDecay: 0 } });
    const before = training.parameters.groups.map(({ master }) => master.toArray());
    const reports = await reportsOf({ ...training, updates: [[tinyBatches()[0]!]] });
    let moved = 0;
    for (const [index, { master }] of training.parameters.groups.entries()) {
      for (const [i, value] of master.toArray().entries()) moved += (value - before[index]![i]!) ** 2;
    }
    return { moved: Math.sqrt(moved), norm: reports[0]!.gradientNorm };
  };
  const free = await firstStep(1e9);
  const clipped = await firstStep(free.norm / 4);
  assert.equal(clipped.norm, free.norm);
  // Weights near 1 hold a movement of 1e-6 to a few digits only.
  assertClose([clipped.moved / free.moved], [1 / 4], { relative: 0.2 });
});

test("a norm that no gradient has is refused before the first update", async () => {
  for (const maxGradNorm of [-1, Number.NaN])
    await assert.rejects(reportsOf({ ...tinyTraining({ dtype: "float32" }), maxGradNorm }), {
      code: "ERR_OPTION",
      option: "maxGradNorm",
    });
});

test("a loss that is NaN stops the run with its step, and the weights are good ones", async () => {
  for (const dtype of dtypes) {
    const training = tinyTraining({ dtype });
    const weightsAfter = [masterBytes(training.parameters)];
    let micro = 0;
    const loss: typeof training.loss = (batch, totals) =>
      training.loss(batch, totals).mul(++micro === 7 ? Number.NaN : 1);
    const run = async () => {
      for await (const _ of train({ ...training, loss })) weightsAfter.push(masterBytes(training.parameters));
    };
    const error = await run().then(
      () => assert.fail("the run went on"),
      (reason) => reason,
    );
    assert.equal(error.code, "ERR_NON_FINITE");
    assert.match(error.message, /The loss became NaN .* at step 7:/);
    assert.equal(weightsAfter.length, 7); // six updates were made
    assert.match(error.message, new RegExp(`weights after step ${error.lastGoodStep} again`));
    assert.deepEqual(masterBytes(training.parameters), weightsAfter[error.lastGoodStep]);
    for (const { weight, master } of training.parameters.groups) {
      assert.deepEqual(weight.toArray(), master.to(weight.dtype).toArray()); // the model computes with them, too
    }
  }
});

test("whoever leaves the loop at the last reports before a divergence has the last good weights", async () => {
  const diverging = () => {
    const training = tinyTraining();
    let micro = 0;
    const loss: typeof training.loss = (batch, totals) =>
      training.loss(batch, totals).mul(++micro === 7 ? Number.NaN : 1);
    const isReportDue = () => false; // so that all reports come when the run ends
    return { ...training, loss, isReportDue };
  };
  const whole = diverging();
  await failureOf(whole);
  const left = diverging();
  for await (const reports of train(left)) {
    assert.equal(reports.at(-1)!.step, 6);
    break;
  }
  assert.deepEqual(masterBytes(left.parameters), masterBytes(whole.parameters));
});

test("a run that continues another counts its updates from there", async () => {
  const training = tinyTraining({ epochs: 1, learningRate: 8, schedule: "constant", warmupSteps: 8 });
  assert.deepEqual(
    (await reportsOf({ ...training, firstStep: 5 })).map(({ step, learningRate }) => [step, learningRate]),
    [
      [6, 5],
      [7, 6],
      [8, 7],
      [9, 8],
      [10, 8],
    ],
  );
});

test("an abort stops before the next update, with the signal's reason", async () => {
  const training = tinyTraining();
  const controller = new AbortController();
  const reason = new Error("enough");
  let done = 0;
  const run = async () => {
    for await (const _ of train({ ...training, signal: controller.signal }))
      if (++done === 3) controller.abort(reason);
  };
  await assert.rejects(run(), reason);
  assert.equal(done, 3);
});

test("an abort in the middle of an update lets that one come to its end, and is reported with it", async () => {
  const training = tinyTraining({}, inTwos());
  const controller = new AbortController();
  let micro = 0;
  const { reports, error } = await failureOf({
    ...training,
    signal: controller.signal,
    loss: (batch, totals) => {
      if (++micro === 4 * 2 + 2) controller.abort(); // the second of four micro-batches of the third update
      return training.loss(batch, totals);
    },
  });
  assert.equal(error.name, "AbortError");
  assert.equal(micro, 4 * 3);
  assert.equal(reports.at(-1)!.step, 3);
});

test("a run that is aborted before it begins makes no update", async () => {
  const training = tinyTraining();
  const before = masterBytes(training.parameters);
  const { reports, error } = await failureOf({ ...training, signal: AbortSignal.abort() });
  assert.equal(error.name, "AbortError");
  assert.deepEqual(reports, []);
  assert.deepEqual(masterBytes(training.parameters), before);
});

test("a very first loss that is NaN leaves the weights as they were", async () => {
  const training = tinyTraining();
  const before = masterBytes(training.parameters);
  const { reports, error } = await failureOf({
    ...training,
    loss: (batch, totals) => training.loss(batch, totals).mul(Number.NaN),
  });
  assert.equal(error.code, "ERR_NON_FINITE");
  assert.match(error.message, /at step 1:.*\. No update was made$/);
  assert.equal(error.lastGoodStep, null);
  assert.deepEqual(reports, []);
  assert.deepEqual(masterBytes(training.parameters), before);
});

test("parts of a loss are reported beside their sum", async () => {
  const training = tinyTraining({ epochs: 1 });
  const whole = await reportsOf(tinyTraining({ epochs: 1 }));
  const parts = await reportsOf({
    ...training,
    lossParts: 2,
    loss: (batch, totals) => {
      const loss = training.loss(batch, totals);
      return stack([loss.mul(0.25), loss.mul(0.75)]);
    },
  });
  for (const [index, { loss, lossParts }] of parts.entries()) {
    assertClose([loss], [whole[index]!.loss], { absolute: 1e-5 });
    assertClose(lossParts, [loss / 4, (3 * loss) / 4], { relative: 1e-5 }); // products in float32
  }
});

test("timers run between updates, so that one can abort a run", async () => {
  const training = tinyTraining({ epochs: 100 }); // seconds, if nothing stopped it
  const { error } = await failureOf({ ...training, signal: AbortSignal.timeout(50) });
  assert.equal(error.name, "TimeoutError");
});
