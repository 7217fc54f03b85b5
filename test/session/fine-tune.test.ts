import "../support/one-thread.js";

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import {
  type ClassificationEvaluation,
  type ClassificationPrediction,
  type FineTuneEvent,
  type FineTuneOptionsByTask,
  fineTune,
  LibbertError,
  loadModel,
  type Model,
} from "../../lib/index.js";
import { DEVICE } from "../support/device.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { assertClose } from "../support/tolerance.js";
import { rowsOf, TINY, tinyRun, writeTsv } from "./support.js";

const directory = temporaryDirectory();
const train = rowsOf(90); // 6 batches of 16 an epoch, the last of 10
const held = rowsOf(40, 1001);
const texts = held.map(({ text }) => text);

let model: Model<"classification">;
const events: FineTuneEvent[] = [];
const outputDir = join(directory, "tuned");

before(async () => {
  model = await fineTune({
    ...tinyRun,
    train,
    validation: held,
    epochs: 10,
    evaluateEvery: 4,
    outputDir,
    onProgress: (event) => events.push(event),
  });
});
after(() => model?.dispose());

/** One short run, with what the test varies; the model is disposed of afterwards. */
async function run(options: Partial<FineTuneOptionsByTask["classification"]> = {}): Promise<{
  losses: number[];
  learningRates: number[];
  labels: readonly string[];
  predictions: ClassificationPrediction[];
  events: FineTuneEvent[];
  metrics: ClassificationEvaluation | null;
}> {
  const events: FineTuneEvent[] = [];
  const onProgress = (event: FineTuneEvent) => events.push(event);
  await using model = await fineTune({ ...tinyRun, train, onProgress, ...options });
  const { steps } = model.history!;
  return {
    losses: steps.map(({ loss }) => loss),
    learningRates: steps.map(({ learningRate }) => learningRate),
    labels: model.labels,
    predictions: await model.predict(texts),
    events,
    metrics: model.training!.metrics,
  };
}

let plain: Awaited<ReturnType<typeof run>>; // what the variations are compared with
before(async () => {
  plain = await run();
});

test("a model learns what the labels of its rows have in common, and holds it on rows it has not seen", () => {
  const { metrics, trainLoss, steps } = model.training!;
  assert.ok(metrics!.accuracy >= 0.95, `accuracy ${metrics!.accuracy}`);
  assert.ok(trainLoss < 0.3, `training loss ${trainLoss}`);
  assert.equal(steps, 60);
});

test("predict gives each text its label, in order, with the probabilities of all labels", async () => {
  const predictions = await model.predict(texts);
  assert.equal(predictions.length, texts.length);
  for (const { label, score, scores } of predictions) {
    assert.deepEqual(Object.keys(scores), ["negative", "positive"]);
    assert.equal(score, Math.max(...Object.values(scores)));
    assert.equal(scores[label], score);
    // float32 log-probabilities: each probability is off by at most some 1e-7.
    assert.ok(Math.abs(scores.negative! + scores.positive! - 1) < 1e-6);
  }
  const right = predictions.filter(({ label }, index) => label === held[index]!.label).length;
  assert.equal(right / texts.length, model.training!.metrics!.accuracy);
  assert.deepEqual(await model.predict([]), []);
});

test("evaluate gives what the last evaluation of the training gave", async () => {
  assert.deepEqual(await model.evaluate(held), model.training!.metrics);
  assert.deepEqual(
    await model.evaluate(writeTsv(join(directory, "held.tsv"), held)),
    model.training!.metrics,
  );
});

test("history has one entry a step, and the events tell the same", () => {
  const { steps } = model.history!;
  assert.deepEqual(
    steps.map(({ step }) => step),
    Array.from({ length: 60 }, (_, index) => index + 1),
  );
  assert.deepEqual(
    steps.map(({ epoch }) => epoch),
    Array.from({ length: 60 }, (_, index) => Math.floor(index / 6) + 1),
  );
  const told = events.filter((event) => event.type === "step");
  for (const [index, entry] of steps.entries()) {
    const { step, epoch, loss, gradientNorm, learningRate } = told[index]!;
    assert.deepEqual(entry, { step, epoch, loss, gradientNorm, learningRate });
    assert.ok(loss > 0 && gradientNorm > 0);
  }
  const lastEpoch = steps.slice(-6).map(({ loss }) => loss);
  assertClose([model.training!.trainLoss], [lastEpoch.reduce((a, b) => a + b) / 6], { relative: 1e-12 });
});

test("events come in order: start, steps and evaluations, saved", () => {
  const [start] = events;
  assert.equal(start?.type, "start");
  const { rows, labels, epochs, totalSteps, device, dtype } = start;
  assert.deepEqual(
    { rows, labels, epochs, totalSteps, device, dtype },
    {
      rows: 90,
      labels: ["negative", "positive"],
      epochs: 10,
      totalSteps: 60,
      device: DEVICE,
      dtype: "float32",
    },
  );
  assert.deepEqual(events.at(-1), { type: "saved", directory: outputDir });
  assert.equal(events.filter(({ type }) => type === "step").length, 60);
  const last = events.findLast((event) => event.type === "step")!;
  assert.equal(last.remainingSeconds, 0);
  assert.ok(last.sequencesPerSecond > 0 && last.tokensPerSecond > last.sequencesPerSecond);
});

test("evaluation comes at the end of each epoch and, with evaluateEvery, between", () => {
  const { evaluations } = model.history!;
  assert.deepEqual(
    evaluations.map(({ step }) => step).filter((step) => step <= 30),
    [4, 6, 8, 12, 16, 18, 20, 24, 28, 30], // every 4, and every 6: the end of an epoch
  );
  assert.deepEqual(
    evaluations.slice(0, 3).map(({ epoch }) => epoch),
    [4 / 6, 1, 8 / 6],
  );
  assert.equal(evaluations.at(-1)!.metrics.rows, 40);
});

test("an evaluation changes nothing of the training", async () => {
  const { losses, predictions } = await run({ validation: held, evaluateEvery: 1 });
  assert.deepEqual(losses, plain.losses);
  assert.deepEqual(predictions, plain.predictions);
});

test("a saved model predicts the same, bit for bit, after loadModel", async () => {
  const expected = await model.predict(texts);
  await using loaded = await loadModel(outputDir, { task: "classification", dtype: "float32" });
  assert.deepEqual(await loaded.predict(texts), expected);
  assert.deepEqual(loaded.labels, model.labels);
  assert.equal(loaded.training, null);
  assert.equal(loaded.history, null);

  const copy = join(directory, "copy");
  await loaded.save(copy);
  assert.deepEqual(
    readFileSync(join(copy, "model.safetensors")),
    readFileSync(join(outputDir, "model.safetensors")),
  );
});

test("the directory holds the Hugging Face files and a report of the run", () => {
  assert.deepEqual(readdirSync(outputDir).sort(), [
    "config.json",
    "model.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
    "training_report.json",
    "vocab.txt",
  ]);
  const config = JSON.parse(readFileSync(join(outputDir, "config.json"), "utf8"));
  assert.deepEqual(config.id2label, { 0: "negative", 1: "positive" });
  assert.deepEqual(config.label2id, { negative: 0, positive: 1 });
  assert.deepEqual(config.architectures, ["BertForSequenceClassification"]);
  const report = JSON.parse(readFileSync(join(outputDir, "training_report.json"), "utf8"));
  assert.deepEqual(report.history, model.history);
  assert.equal(report.options.learningRate, tinyRun.learningRate);
  assert.equal(report.options.train, undefined);
});

test("the report says what the run was made from, with what, where and when", async () => {
  const folder = temporaryDirectory();
  const path = writeTsv(join(folder, "train.tsv"), rowsOf(20));
  const options = { ...tinyRun, train: path, validation: rowsOf(10), outputDir: join(folder, "run") };
  await using _ = await fineTune(options);
  const report = JSON.parse(readFileSync(join(options.outputDir, "training_report.json"), "utf8"));
  const sha256 = (file: string) => createHash("sha256").update(readFileSync(file)).digest("hex");
  assert.deepEqual(report.data, {
    train: { path, sha256: sha256(path) },
    validation: { path: null, sha256: null },
  });
  assert.deepEqual(report.model, {
    path: TINY,
    sha256: { "model.safetensors": sha256(join(TINY, "model.safetensors")) },
  });
  assert.equal(report.compute.dtype, "float32");
  assert.ok(report.compute.threads >= 1 && report.machine.cores >= 1 && report.machine.cpu.length > 0);
  const { version } = JSON.parse(readFileSync("package.json", "utf8"));
  assert.deepEqual([report.versions.libbert, report.versions.node], [version, process.version]);
  assert.match(report.versions.libtorch, /^LibTorch \d+\.\d+/);
  assert.equal(report.seconds, (Date.parse(report.ended) - Date.parse(report.started)) / 1000);
  assert.ok(report.seconds > 0);
});

test("the report has the options as they were used: lengths and sizes that the run chose, the seed of the model", async () => {
  const reportOf = async (options: object) => {
    const outputDir = join(directory, "resolved");
    const call = {
      ...tinyRun,
      maxSeqLength: undefined,
      microBatchSize: "auto",
      train,
      outputDir,
      overwrite: true,
    };
    await using _ = await fineTune({ ...call, ...options } as FineTuneOptionsByTask["classification"]);
    return JSON.parse(readFileSync(join(outputDir, "training_report.json"), "utf8"));
  };
  const { options } = await reportOf({});
  assert.deepEqual([options.maxSeqLength, options.microBatchSize, options.seed], [64, 16, 3]); // 64 positions
  const several = await reportOf({ seed: undefined, seeds: [5, 6], validation: held });
  assert.equal(several.options.seed, several.seed);
  assert.deepEqual(several.options.seeds, [5, 6]);
});

test("the same rows train the same model, bit for bit, whichever source they come from", async () => {
  const csv = join(directory, "train.csv");
  const jsonl = join(directory, "train.jsonl");
  writeFileSync(csv, `text,label\r\n${train.map(({ text, label }) => `"${text}",${label}\r\n`).join("")}`);
  writeFileSync(jsonl, train.map((row) => `${JSON.stringify(row)}\n`).join(""));
  const sources = {
    tsv: writeTsv(join(directory, "train.tsv"), train),
    csv,
    jsonl,
    generator: (function* () {
      yield* train;
    })(),
    asyncIterable: (async function* () {
      for (const row of train) {
        if (row === train[40]) await new Promise((resolve) => setTimeout(resolve, 30));
        yield row;
      }
    })(),
    set: new Set(train),
  };
  for (const [name, source] of Object.entries(sources)) {
    const { losses, predictions } = await run({ train: source });
    assert.deepEqual(losses, plain.losses, name);
    assert.deepEqual(predictions, plain.predictions, name);
  }
});

test("the same seed trains the same model, bit for bit; another seed another one", async () => {
  const again = await run();
  assert.deepEqual(again.losses, plain.losses);
  assert.deepEqual(again.predictions, plain.predictions);
  const other = await run({ seed: 4 });
  assert.notDeepEqual(other.losses, plain.losses);
  assert.notDeepEqual(other.predictions, plain.predictions);
});

test("labels are numbered in sorted order, or as given, with labels that no row has", async () => {
  assert.deepEqual(plain.labels, ["negative", "positive"]);
  const { labels, predictions } = await run({ labels: ["positive", "mixed", "negative"] });
  assert.deepEqual(labels, ["positive", "mixed", "negative"]);
  assert.deepEqual(Object.keys(predictions[0]!.scores), ["positive", "mixed", "negative"]);
});

test("pairs of texts are learnt as pairs: the second text tells the label", async () => {
  const pairs = Array.from({ length: 192 }, (_, index) => {
    const { text } = rowsOf(1, 7 * index + (index % 3))[0]!; // right by itself in a third of the pairs
    const second = rowsOf(1, 5 * index + 1)[0]!;
    return { text, textPair: second.text, label: second.label };
  });
  await using model = await fineTune({ ...tinyRun, train: pairs, epochs: 12 });
  const { accuracy } = await model.evaluate(pairs);
  assert.ok(accuracy >= 0.95, `accuracy ${accuracy}`);
  const predictions = await model.predict(pairs.map(({ text, textPair }) => [text, textPair]));
  const right = predictions.filter(({ label }, index) => label === pairs[index]!.label).length;
  assert.equal(right / pairs.length, accuracy);
});

test("columns are read by the names given, in training and in evaluation", async () => {
  const renamed = train.map(({ text, label }) => ({ review: text, stars: label, text: "not this" }));
  const columns = { text: "review", label: "stars" };
  const { losses } = await run({ train: renamed, columns });
  assert.deepEqual(losses, plain.losses);
  const heldRenamed = held.map(({ text, label }) => ({ review: text, stars: label }));
  assert.deepEqual(await model.evaluate(heldRenamed, { columns }), await model.evaluate(held));
});

test("limit takes the first rows only, also of an endless iterable, and closes it", async () => {
  let closed = false;
  function* endless() {
    try {
      for (let number = 0; ; number++) yield* rowsOf(1, number);
    } finally {
      closed = true;
    }
  }
  const limited = await run({ train: endless(), limit: 90 });
  assert.deepEqual(limited.losses, plain.losses);
  assert.ok(closed);
});

test("groupByLength trains on every row once an epoch, in other batches", async () => {
  const { losses, predictions } = await run({ groupByLength: true });
  assert.equal(losses.length, plain.losses.length);
  assert.notDeepEqual(losses, plain.losses);
  assert.notDeepEqual(predictions, plain.predictions);
});

test("micro-batches, also of a size that does not divide the batch, train as the whole batch does", async () => {
  for (const microBatchSize of [4, 5, 64]) {
    const { losses } = await run({ microBatchSize });
    // Sums in another order: float32's 1e-7 a step, grown by six steps at a large learning rate.
    assertClose(losses, plain.losses, { relative: 1e-4 }, `losses with micro-batches of ${microBatchSize}`);
  }
});

test("bfloat16 micro-batches train as the whole batch does, within bfloat16's rounding", async () => {
  const whole = await run({ dtype: "bfloat16" });
  const parts = await run({ dtype: "bfloat16", microBatchSize: 4 });
  // 8 bits of mantissa: each gradient is off by up to 0.4 %, the losses of the first steps by less.
  assertClose(parts.losses, whole.losses, { relative: 0.02 });
});

test("each schedule gives its learning rates, after a warm-up from 0", async () => {
  const peak = tinyRun.learningRate;
  const warmupRatio = 1 / 3; // 2 of the 6 updates
  const expected = {
    linear: [0, 1 / 2, 1, 3 / 4, 1 / 2, 1 / 4],
    constant: [0, 1 / 2, 1, 1, 1, 1],
    cosine: [0, 1 / 2, 1, ...[1, 2, 3].map((step) => (1 + Math.cos((Math.PI * step) / 4)) / 2)],
  };
  for (const [schedule, factors] of Object.entries(expected)) {
    const { learningRates } = await run({ schedule: schedule as keyof typeof expected, warmupRatio });
    assertClose(
      learningRates,
      factors.map((factor) => factor * peak),
      { relative: 1e-12 },
      schedule,
    );
  }
});

test("every optimizer learns, each in its own way", async () => {
  const paper = await run({ optimizer: "bert-adam", epochs: 10, learningRate: 2e-3, validation: held });
  const torch = await run({ optimizer: "adamw", epochs: 10, learningRate: 2e-3, validation: held });
  // LAMB's steps are shares of the weights' norms: its rates are higher.
  const lamb = await run({ optimizer: "lamb", epochs: 10, learningRate: 2e-2, validation: held });
  assert.ok(paper.metrics!.accuracy >= 0.9, `bert-adam: accuracy ${paper.metrics!.accuracy}`);
  assert.ok(torch.metrics!.accuracy >= 0.9, `adamw: accuracy ${torch.metrics!.accuracy}`);
  assert.ok(lamb.metrics!.accuracy >= 0.9, `lamb: accuracy ${lamb.metrics!.accuracy}`);
  const curves = [paper.losses, torch.losses, lamb.losses];
  assert.equal(new Set(curves.map(([first]) => first)).size, 1); // before the first update
  assert.equal(new Set(curves.map(String)).size, 3);
});

test("bfloat16 learns as float32 does, saves float32 weights, and predicts the same after loadModel", async () => {
  const outputDir = join(directory, "bfloat16");
  const dtype = "bfloat16";
  await using tuned = await fineTune({ ...tinyRun, train, validation: held, epochs: 10, dtype, outputDir });
  assert.ok(tuned.training!.metrics!.accuracy >= 0.9, `accuracy ${tuned.training!.metrics!.accuracy}`);
  const stored = readFileSync(join(outputDir, "model.safetensors"));
  assert.doesNotMatch(stored.subarray(0, stored.indexOf("}}")).toString(), /BF16/);
  await using loaded = await loadModel(outputDir, { task: "classification", dtype });
  assert.deepEqual(await loaded.predict(texts), await tuned.predict(texts));
});

test("dtype auto says what it chose and why", async () => {
  const { events } = await run({ dtype: "auto" });
  const [start] = events;
  assert.equal(start?.type, "start");
  assert.match(start.dtype, /^(float32|bfloat16)$/);
  assert.match(start.reason, /bfloat16 units/);
});

test("a checkpoint that classifies by the same labels goes on with its layer; other labels get a new one", async () => {
  const further = await run({ model: outputDir });
  assert.ok(further.losses[0]! < 0.1, `first loss ${further.losses[0]}`);
  const renamed = train.map(({ text, label }) => ({ text, label: label.toUpperCase() }));
  const others = await run({ model: outputDir, train: renamed });
  assert.deepEqual(others.labels, ["NEGATIVE", "POSITIVE"]);
  assert.ok(others.losses[0]! > 0.3, `first loss ${others.losses[0]}`); // guessing has ln 2 = 0.69
});

test("long and empty texts are trained on, and a notice counts them", async () => {
  const long = { text: "the film was good ".repeat(5556), label: "positive" }; // 100,008 characters
  const odd = [...train, long, { text: "", label: "negative" }, { text: " \t ", label: "negative" }];
  const { events } = await run({ train: odd, validation: [long, ...held] });
  const notices = events.filter((event) => event.type === "notice").map(({ message }) => message);
  assert.deepEqual(notices, [
    "train: texts cut to 32 tokens: 1",
    "train: empty texts: 2",
    "validation: texts cut to 32 tokens: 1",
  ]);
  const { truncatedTexts, emptyTexts, rows } = await model.evaluate(odd);
  assert.deepEqual({ truncatedTexts, emptyTexts, rows }, { truncatedTexts: 1, emptyTexts: 2, rows: 93 });
  const [cut, empty] = await model.predict([long.text, ""]);
  assert.equal(cut!.label, "positive");
  assert.ok(empty!.score > 0);
});

test("of two runs into one new directory the second is refused, and the first is not disturbed", async () => {
  const options = { ...tinyRun, outputDir: join(directory, "twice") };
  let second: unknown;
  async function* rowsAfterTheSecond() {
    second = await fineTune({ ...options, train }).catch((error) => error);
    yield* rowsOf(93);
  }
  await using first = await fineTune({ ...options, train: rowsAfterTheSecond() });
  assert.ok(second instanceof LibbertError);
  assert.equal(second.code, "ERR_OPTION");
  assert.match(
    second.message,
    /^Expected a directory that no other run uses for outputDir but received ".*twice", /,
  );
  await using saved = await loadModel(options.outputDir, { task: "classification", dtype: "float32" });
  assert.deepEqual(await saved.predict(texts), await first.predict(texts));
});

test("a run that fails or whose listener rejects leaves no directory, and rejects with what the listener did", async () => {
  const outputDir = join(directory, "made/for/nothing");
  const error = new Error("mine");
  const onProgress = async ({ type }: FineTuneEvent) => {
    if (type === "start") throw error;
  };
  await assert.rejects(fineTune({ ...tinyRun, train, outputDir, onProgress }), error);
  await assert.rejects(fineTune({ ...tinyRun, train: "none.tsv", outputDir }), { code: "ERR_DATA" });
  assert.equal(existsSync(join(directory, "made")), false);
});
