import "../support/one-thread.js";

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { ShardedCorpus } from "../../lib/data/corpus/sharded-corpus.js";
import { type PretrainingBatch, PretrainingEpoch } from "../../lib/data/pretraining/pretraining-epoch.js";
import { SafetensorsReader } from "../../lib/files/safetensors.js";
import {
  corpusFolder,
  prepareTinyCorpus,
  type RunOptions,
  run,
  stepsOf,
  tenSteps,
  twoPhases,
} from "../support/pretraining-runs.js";
import { assertClose } from "../support/tolerance.js";

const { directory, data, newOutputDir } = await corpusFolder();

function runWith(options: RunOptions) {
  return run({ ...tenSteps, data, outputDir: newOutputDir(), ...options });
}

/** A run with the batches that it drew. */
async function runAndWatch(t: TestContext, options: RunOptions) {
  const { mock } = t.mock.method(PretrainingEpoch.prototype, "batchOf");
  const { result, losses } = await runWith(options);
  mock.restore();
  return { result, losses, batches: mock.calls.map((call) => call.result!) };
}

const sequencesIn = ({ packed }: PretrainingBatch) => packed.cuSeqlens.length - 1;

/** What the loss comes to within a mean of some updates, so that one easy batch does not decide. */
function fall(losses: readonly number[], count = 10): number {
  const mean = (some: readonly number[]) => some.reduce((sum, loss) => sum + loss, 0) / some.length;
  return mean(losses.slice(-count)) - mean(losses.slice(0, count));
}

test("micro-batches give the losses of the whole batch, dropout included", async (t) => {
  const whole = await runAndWatch(t, {});
  for (const microBatchSize of [1, 3, 4]) {
    const { losses, batches } = await runAndWatch(t, { microBatchSize });
    assert.ok(batches.every((batch) => sequencesIn(batch) <= microBatchSize));
    // float32 sums in another order, over ten updates.
    assertClose(losses, whole.losses, { relative: 1e-5 }, `losses with micro-batches of ${microBatchSize}`);
  }
  assert.notDeepEqual((await runAndWatch(t, { seed: 2 })).losses, whole.losses);
});

test("a batch goes on into the next epoch, and none of its sequences is left out", async (t) => {
  const { batches } = await runAndWatch(t, { batchSize: 100, steps: 3, evaluationSequences: 1 });
  const sizes = batches.slice(0, -1).map(sequencesIn);
  assert.ok(sizes.length > 3, "an epoch ended within a batch");
  assert.equal(
    sizes.reduce((sum, size) => sum + size),
    300,
  );
});

test("log and evaluation tell which share of the pairs is random; without pairs, null", async () => {
  const shareOf = (split: "train" | "validation", seed: number) => {
    using corpus = ShardedCorpus.open(data, { split });
    return new PretrainingEpoch(corpus, { seed, maxSeqLength: tenSteps.maxSeqLength }, 0).randomPairShare;
  };
  const { events, result } = await runWith({ steps: 2, seed: 5 });
  assert.ok(result.metrics!.sequences < 100, "the evaluation is of the whole split");
  assert.equal(result.metrics!.randomPairShare, shareOf("validation", 0));
  assert.deepEqual(
    stepsOf(events).map((log) => log.randomPairShare),
    Array(2).fill(shareOf("train", 5)),
  );
  const single = await runWith({ steps: 2, objective: "mlm" });
  assert.equal(single.result.metrics!.randomPairShare, null);
  assert.deepEqual(
    stepsOf(single.events).map((log) => log.randomPairShare),
    [null, null],
  );
});

test("phases have lengths, batches and schedules of their own, and count on", async (t) => {
  const { mock } = t.mock.method(PretrainingEpoch.prototype, "batchOf");
  const { events, result } = await runWith(twoPhases);
  mock.restore();
  const batches = mock.calls.slice(0, 10).map((call) => call.result!);
  const logs = stepsOf(events);
  assert.deepEqual(batches.map(sequencesIn), [8, 8, 8, 8, 8, 8, 4, 4, 4, 4]);
  const lengths = batches.map(({ packed }) => packed.maxSeqlen);
  assert.deepEqual(lengths.slice(0, 6), Array(6).fill(16));
  assert.ok(
    lengths.slice(6).every((length) => length > 16 && length <= 48),
    lengths.join(),
  );
  assert.deepEqual(
    logs.map(({ step }) => step),
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  );
  assert.deepEqual(
    logs.map(({ phase }) => phase),
    [1, 1, 1, 1, 1, 1, 2, 2, 2, 2],
  );
  assertClose(
    logs.map(({ learningRate }) => learningRate),
    [
      ...[0, 2e-3 / 3, 4e-3 / 3, 2e-3, 2e-3, 2e-3], // a rise over three updates, then constant
      ...[1, 3 / 4, 2 / 4, 1 / 4].map((left) => 1e-3 * Math.sqrt(left)),
    ],
    { relative: 1e-12 },
  );
  assert.deepEqual([result.steps, logs[0]!.totalSteps], [10, 10]);
});

test("the second phase begins with the moments of the first", async () => {
  const outputDir = join(directory, "moments");
  await runWith({ ...twoPhases, outputDir, snapshotEvery: 1, keepSnapshots: 10 });
  const snapshot = (step: number) => join(outputDir, `snapshots/step-00000000${step}`);
  const name = "expAvgSq/bert.embeddings.word_embeddings.weight";
  const valuesAt = (step: number) => {
    using reader = new SafetensorsReader(join(snapshot(step), "training.safetensors"));
    const bytes = reader.read(name);
    return new Float32Array(bytes.slice().buffer);
  };
  const [before, after] = [valuesAt(6), valuesAt(7)];
  assert.ok(before.some((value) => value > 0));
  // v ← 0.999 v + 0.001 g²: what was there goes by no more than a thousandth.
  assert.ok(after.every((value, index) => value >= 0.9989 * before[index]!));
  const state = JSON.parse(readFileSync(join(snapshot(7), "state.json"), "utf8"));
  assert.equal(state.optimizerSteps, 7);
});

test("a phase has from the run what it does not say itself", async (t) => {
  const { batches } = await runAndWatch(t, {
    steps: undefined,
    phases: [{ steps: 2 }, { steps: 1, batchSize: 3 }],
  });
  assert.deepEqual(batches.slice(0, 3).map(sequencesIn), [8, 8, 3]);
  assert.deepEqual(
    batches.slice(0, 3).map(({ packed }) => packed.maxSeqlen),
    [32, 32, 32],
  );
});

const learning = { optimizer: "adamw", batchSize: 16, snapshotEvery: 1000 } as const;
for (const [objective, options] of [
  ["mlm+nsp", { continueFrom: undefined, size: "tiny", steps: 400, learningRate: 2e-3 }],
  ["mlm", { continueFrom: undefined, size: "tiny", steps: 150, learningRate: 2e-3 }],
  ["causal", { steps: 100, learningRate: 5e-3 }],
] as const) {
  test(`"${objective}" learns a predictable language, on the documents that it does not see as well`, async (t) => {
    const { losses, batches, result } = await runAndWatch(t, { ...learning, ...options, objective });
    const { mlmAccuracy, nspAccuracy, perplexity } = result.metrics!;
    t.diagnostic(`loss ${losses[0]} to ${losses.at(-1)}; ${JSON.stringify(result.metrics)}`);
    assert.ok(fall(losses) < -1.5, `the loss changed by ${fall(losses)}`);
    // The most frequent of the 40 words in use, the full stop, is a sixth of the text.
    assert.ok(mlmAccuracy > 0.3, `accuracy of the words: ${mlmAccuracy}`);
    assert.ok(perplexity < 20, `perplexity ${perplexity}`);
    // Half of the pairs are random.
    const pairs = objective === "mlm+nsp";
    assert.ok(pairs ? nspAccuracy! > 0.7 : nspAccuracy === null, `accuracy of the pairs: ${nspAccuracy}`);
    assert.ok(batches.every(({ nextSentenceLabels }) => (nextSentenceLabels !== null) === pairs));
    const predicted = (batch: PretrainingBatch) => batch.maskedLabels.length / batch.packed.inputIds.length;
    assert.ok(batches.every((batch) => predicted(batch) > 0.5 === (objective === "causal")));
  });
}

test("mask rate, mask split and the most predictions reach the data", async (t) => {
  const share = ({ maskedLabels, packed }: PretrainingBatch) => maskedLabels.length / packed.inputIds.length;
  const batchesOf = async (options: RunOptions) => {
    const { batches } = await runAndWatch(t, { steps: 4, ...options });
    return batches.slice(0, 4); // evaluation has masks of its own
  };
  assert.ok((await batchesOf({})).every((batch) => share(batch) < 0.2));
  const half = await batchesOf({ maskRate: 0.5 });
  assert.ok(half.every((batch) => share(batch) > 0.35)); // special tokens are never predicted
  const few = await batchesOf({ maxPredictionsPerSequence: 1 });
  assert.ok(few.every((batch) => batch.maskedLabels.length === sequencesIn(batch)));

  const MASK = 4;
  const kept = await batchesOf({ maskSplit: "0/0/100" });
  assert.ok(kept.every(({ packed }) => !packed.inputIds.includes(MASK)));
  const masked = await batchesOf({ maskSplit: "100/0/0" });
  for (const { packed, maskedPositions } of masked)
    assert.ok(maskedPositions.every((position) => packed.inputIds[position] === MASK));
});

test("with wholeWord, all pieces of a word are predicted or none", async (t) => {
  const text = "the goodness of the film is likeable .\na watchable plot never ended .\n\n".repeat(40);
  const own = await prepareTinyCorpus(join(directory, "pieces"), { text, validationShare: 0 });
  const pieces = readFileSync(join(own, "vocab.txt"), "utf8").split("\n");
  const partial = async (wholeWord: boolean) => {
    const { batches } = await runAndWatch(t, { data: own, wholeWord });
    return batches.flatMap((batch) => partialWords(batch, pieces)).length;
  };
  assert.equal(await partial(true), 0);
  assert.ok((await partial(false)) > 20);
});

/** Where a piece is to be predicted and its word's next one is not, or the other way round. */
function partialWords(
  { packed, maskedPositions, maskedLabels }: PretrainingBatch,
  pieces: string[],
): number[] {
  const original = packed.inputIds.slice();
  for (const [index, position] of maskedPositions.entries()) original[position] = maskedLabels[index]!;
  const predicted = new Set(maskedPositions);
  const textAt = (position: number) => pieces[original[position]!]!;
  return [...original.keys()].filter(
    (position) =>
      textAt(position).startsWith("##") &&
      !textAt(position - 1).startsWith("[") && // the sequence was cut within the word
      predicted.has(position) !== predicted.has(position - 1),
  );
}

test("every optimizer trains, each in its own way", async () => {
  const lossesOf = async (options: RunOptions) => {
    const { losses } = await runWith({ steps: 40, learningRate: 5e-3, snapshotEvery: 1000, ...options });
    assert.ok(fall(losses, 5) < -0.5, `${JSON.stringify(options)}: the loss changed by ${fall(losses, 5)}`);
    return losses;
  };
  const curves = [
    await lossesOf({ optimizer: "bert-adam" }),
    await lossesOf({ optimizer: "adamw" }),
    await lossesOf({ optimizer: "lamb", learningRate: 5e-2 }),
    await lossesOf({ optimizer: "adamw", weightDecay: 0.5 }),
    await lossesOf({ optimizer: "adamw", maxGradNorm: 1e-3 }),
  ];
  assert.equal(new Set(curves.map((curve) => curve.at(-1))).size, curves.length);
});

test("a new model has the size asked for, and the corpus's vocabulary", async () => {
  const outputDir = join(directory, "new");
  const { losses, result } = await runWith({ continueFrom: undefined, size: "tiny", steps: 2, outputDir });
  const config = JSON.parse(readFileSync(join(outputDir, "config.json"), "utf8"));
  assert.deepEqual([config.num_hidden_layers, config.hidden_size, config.vocab_size], [2, 128, 114]);
  // Random weights know nothing: ln 114 for the words and ln 2 for the pairs, but for the small logits' noise.
  assert.ok(Math.abs(losses[0]! - Math.log(114) - Math.log(2)) < 0.3, `${losses[0]}`);
  const { losses: again } = await runWith({ continueFrom: undefined, size: "tiny", steps: 2 });
  assert.deepEqual(again, losses);
  const { losses: other } = await runWith({ continueFrom: undefined, size: "tiny", steps: 2, seed: 2 });
  assert.notDeepEqual(other, losses);
  assert.equal(result.steps, 2);
});

test("without a validation share there are no metrics, and the model is saved all the same", async () => {
  const outputDir = join(directory, "unvalidated");
  const unsplit = await prepareTinyCorpus(join(directory, "unsplit"), { validationShare: 0 });
  const { result, events } = await runWith({ data: unsplit, outputDir });
  assert.equal(result.metrics, null);
  assert.ok(events.every(({ type }) => type !== "evaluation"));
  assert.ok(existsSync(join(outputDir, "model.safetensors")));
});

test("evaluation takes as many held-out sequences as asked, the same ones each time", async (t) => {
  const { mock } = t.mock.method(PretrainingEpoch.prototype, "batchOf");
  const { events, result } = await runWith({
    steps: 4,
    evaluateEvery: 2,
    evaluationSequences: 10,
    batchSize: 16,
  });
  mock.restore();
  const metrics = events.filter((event) => event.type === "evaluation").map((event) => event.metrics);
  assert.equal(metrics.length, 2);
  assert.deepEqual(metrics.at(-1), result.metrics);
  assert.deepEqual(
    metrics.map(({ sequences }) => sequences),
    [10, 10],
  );
  const batches = mock.calls.map((call) => call.result!);
  assert.deepEqual(batches.filter((batch) => sequencesIn(batch) === 10).length, 2);
  const [first, second] = batches.filter((batch) => sequencesIn(batch) === 10);
  assert.deepEqual(first, second);
});

test("runs of other seeds and masks are evaluated on the same sequences with the same masks", async (t) => {
  const evaluated = async (options: RunOptions) => {
    const { mock } = t.mock.method(PretrainingEpoch.prototype, "batchOf");
    await runWith({ steps: 1, batchSize: 16, evaluationSequences: 10, ...options });
    mock.restore();
    return mock.calls.at(-1)!.result!;
  };
  const usual = await evaluated({});
  assert.equal(sequencesIn(usual), 10);
  const others = {
    seed: 2,
    maskRate: 0.5,
    maskSplit: "0/0/100",
    wholeWord: true,
    shortSequenceProbability: 1,
  };
  assert.deepEqual(await evaluated(others), usual);
});

test("a phase with longer sequences than the model takes is refused, naming the phase", async () => {
  const tooLong = { steps: 5, maxSeqLength: 65 };
  const message = (option: string) =>
    `Expected at most 64, the model's longest input, for ${option} but received 65`;
  await assert.rejects(runWith({ steps: undefined, phases: [{ steps: 5 }, tooLong] }), {
    option: "phases.1.maxSeqLength",
    message: message("phases.1.maxSeqLength"),
  });
  await assert.rejects(runWith(tooLong), { option: "maxSeqLength", message: message("maxSeqLength") });
});

test("evaluation between updates does not change the run", async () => {
  const { losses } = await runWith({});
  assert.deepEqual((await runWith({ evaluateEvery: 1 })).losses, losses);
});
