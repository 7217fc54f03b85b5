import "../support/one-thread.js";

import assert from "node:assert/strict";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { SafetensorsReader } from "../../lib/files/safetensors.js";
import type { FineTuneEvent } from "../../lib/fine-tuning/events.js";
import { fineTune } from "../../lib/fine-tuning/fine-tune.js";
import type { FineTuneOptions, FineTuneOptionsByTask } from "../../lib/index.js";
import { failureOf, rowsOf, TINY, tinyRun } from "../session/support.js";
import { taggedRows, tinyTagging } from "../support/tagged-rows.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { assertClose } from "../support/tolerance.js";
import { settingsOf } from "./settings.js";

const directory = temporaryDirectory();

type Options = Partial<FineTuneOptionsByTask["classification"]>;

/** Trains in this thread: losses and the weights as saved. */
async function tuned(name: string, options: Options | FineTuneOptionsByTask["token-classification"] = {}) {
  const outputDir = join(directory, name);
  const settings = settingsOf({ ...tinyRun, train: rowsOf(64), outputDir, ...options } as FineTuneOptions);
  const notices: string[] = [];
  const emit = (event: FineTuneEvent) => void (event.type === "notice" && notices.push(event.message));
  const { model, result } = await fineTune(settings, { emit });
  model.dispose();
  return {
    losses: result.history.steps.map(({ loss }) => loss),
    weights: weightsIn(outputDir),
    notices,
  };
}

function weightsIn(folder: string): Map<string, string> {
  using reader = new SafetensorsReader(join(folder, "model.safetensors"));
  return new Map(
    [...reader.tensors.keys()].map((name) => [name, Buffer.from(reader.read(name)).toString("hex")]),
  );
}

/** The tiny model with dropout in its encoder alone. */
function withoutHeadDropout(): string {
  const folder = join(directory, "no-head-dropout");
  cpSync(TINY, folder, { recursive: true });
  const config = JSON.parse(readFileSync(join(TINY, "config.json"), "utf8"));
  writeFileSync(join(folder, "config.json"), JSON.stringify({ ...config, classifier_dropout: 0 }));
  return folder;
}

const pretrained = weightsIn(TINY);
const changed = ({ weights }: Awaited<ReturnType<typeof tuned>>) =>
  [...weights.keys()].filter((name) => weights.get(name) !== pretrained.get(name));

for (const dtype of ["float32", "bfloat16"] as const) {
  test(`freezeLayers saves the embeddings and the first layers bit for bit as they were, in ${dtype}`, async () => {
    const names = changed(await tuned(`freeze-${dtype}`, { freezeLayers: 1, dtype }));
    assert.ok(names.includes("bert.encoder.layer.1.attention.self.query.weight"));
    assert.ok(names.includes("bert.pooler.dense.weight"));
    assert.deepEqual(
      names.filter((name) => /\.embeddings\.|\.layer\.0\./.test(name)),
      [],
    );
  });
}

test("a single update changes the weights, whatever the share of the warm-up", async () => {
  for (const warmupRatio of [undefined, 1]) {
    const names = changed(await tuned("single", { epochs: 1, batchSize: 64, warmupRatio, overwrite: true }));
    assert.ok(names.includes("bert.encoder.layer.0.attention.self.query.weight"));
  }
});

test("a frozen encoder leaves all but the pooler and the classifier, and has no dropout in training", async () => {
  const names = changed(await tuned("frozen", { encoder: "frozen" }));
  assert.deepEqual(
    new Set(names.map((name) => name.split(".").slice(0, -1).join("."))),
    new Set(["bert.pooler.dense", "classifier"]),
  );
  // With a rate that moves nothing, and all rows in one batch, only dropout makes the losses of two epochs differ.
  const still = { learningRate: 1e-12, epochs: 2, batchSize: 64, warmupRatio: 0 };
  const fixed = await tuned("fixed", { ...still, encoder: "frozen", model: withoutHeadDropout() });
  assertClose([fixed.losses[1]!], [fixed.losses[0]!], { relative: 1e-6 });
  const dropping = await tuned("dropping", { ...still, model: withoutHeadDropout() });
  assert.ok(Math.abs(dropping.losses[1]! - dropping.losses[0]!) > 1e-4);
});

test("layerDecay makes lower layers move less", async () => {
  const [even, decayed] = [await tuned("even"), await tuned("decayed", { layerDecay: 0.1 })];
  const moved = (run: typeof even, name: string) => {
    const [before, now] = [pretrained.get(name)!, run.weights.get(name)!].map(
      (hex) => new Float32Array(new Uint8Array(Buffer.from(hex, "hex")).buffer),
    );
    return Math.sqrt(now!.reduce((sum, value, index) => sum + (value - before![index]!) ** 2, 0));
  };
  for (const [layer, share] of [
    [1, 0.1],
    [0, 0.01],
  ] as const) {
    const name = `bert.encoder.layer.${layer}.intermediate.dense.weight`;
    const ratio = moved(decayed, name) / moved(even, name);
    // Adam's steps have the length of the rate; how much they add up differs from run to run.
    assert.ok(ratio > share / 2 && ratio < share * 2, `layer ${layer} moved ${ratio} as far`);
  }
});

test("gradient checkpointing trains the same model", async () => {
  const plain = await tuned("plain", { microBatchSize: 8 });
  const checkpointed = await tuned("checkpointed", { microBatchSize: 8, gradientCheckpointing: true });
  assert.deepEqual(checkpointed.losses, plain.losses);
  assert.deepEqual(checkpointed.weights, plain.weights);
});

test("class weights make the loss a weighted mean, however the update is cut", async () => {
  const rows = [...rowsOf(48), ...rowsOf(16).map(({ text }) => ({ text, label: "negative" }))];
  const first = async (name: string, options: Options) =>
    (await tuned(name, { train: rows, batchSize: 64, ...options })).losses[0]!;
  const [negative, positive] = [
    await first("of-1", { classWeights: { positive: 1e-9 } }),
    await first("of-2", { classWeights: [1e-9, 1] }),
  ];
  const counts = { negative: rows.filter(({ label }) => label === "negative").length, positive: 24 };
  const even = await first("unweighted", {});
  const whole = rows.length;
  assertClose([even], [(counts.negative * negative + counts.positive * positive) / whole], {
    relative: 1e-6,
  });
  const balanced = await first("balanced", { classWeights: "balanced" });
  assertClose([balanced], [(negative + positive) / 2], { relative: 1e-6 });
  const cut = await first("cut", { classWeights: "balanced", microBatchSize: 7 });
  assertClose([cut], [balanced], { relative: 1e-6 });
});

test("the words of token-classification are weighted by their tags as well", async () => {
  const first = async (
    name: string,
    classWeights?: FineTuneOptionsByTask["token-classification"]["classWeights"],
  ) => {
    const options = { ...tinyTagging, train: taggedRows(24), batchSize: 24, classWeights };
    return (await tuned(name, options)).losses[0]!;
  };
  const even = await first("tags-even");
  assertClose([await first("tags-doubled", [2, 2, 2, 2, 2])], [even], {
    relative: 1e-6,
  });
  // Without its most frequent tag, the loss is another by far more than rounding.
  const [balanced, withoutO] = [
    await first("tags-balanced", "balanced"),
    await first("tags-no-o", { O: 1e-9 }),
  ];
  assert.ok(
    Math.abs(balanced - even) > 1e-4 && Math.abs(withoutO - even) > 1e-4,
    `${even} ${balanced} ${withoutO}`,
  );
});

test("label smoothing adds its share of the mean over all labels", async () => {
  const first = async (name: string, labelSmoothing?: number) =>
    (await tuned(name, { batchSize: 64, labelSmoothing })).losses[0]!;
  const [none, half, most] = [await first("s0"), await first("s50", 0.5), await first("s90", 0.9)];
  // The loss is linear in the share: none + share · (uniform - none).
  assertClose([(half - none) / 0.5], [(most - none) / 0.9], { relative: 1e-4 });
  assert.ok(Math.abs(half - none) > 1e-3);
});

test("balanced sampling trains on other rows", async () => {
  const train = rowsOf(64).filter(({ label }, index) => label === "positive" || index < 6);
  const all = await tuned("all-rows", { train });
  const balanced = await tuned("balanced-rows", { train, balancedSampling: true });
  assert.equal(balanced.losses.length, all.losses.length);
  assert.notDeepEqual(balanced.losses, all.losses);
});

test('microBatchSize "auto" trains as the whole batch does, and says what it chose by', async () => {
  const whole = await tuned("whole");
  const auto = await tuned("auto", { microBatchSize: "auto" });
  assert.deepEqual(auto.losses, whole.losses);
  assert.match(auto.notices[0]!, /^16 of 16 rows at a time: an estimate of \d+\.\d\d GiB for weights and /);
});

test("more frozen layers than there are, layers beside a frozen encoder, and weights for other labels are refused", async () => {
  const failure = (options: Options) =>
    failureOf(fineTune(settingsOf({ ...tinyRun, train: rowsOf(8), ...options }), { emit() {} }));
  assert.equal(
    (await failure({ freezeLayers: 3 })).message,
    "Expected at most 2, the model's layers, for freezeLayers but received 3",
  );
  assert.match(
    (await failure({ freezeLayers: 1, encoder: "frozen" })).message,
    /^Expected no value beside encoder "frozen".* for freezeLayers but received 1$/,
  );
  assert.match(
    (await failure({ classWeights: [1, 2, 3] })).message,
    /^Expected 2 weights, one for each label,/,
  );
});
