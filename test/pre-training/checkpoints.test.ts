import "../support/one-thread.js";

import assert from "node:assert/strict";
import { appendFileSync, cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { loadNetwork } from "../../lib/checkpoint/load-network.js";
import { readConfig } from "../../lib/checkpoint/model-directory.js";
import { CheckpointWeights } from "../../lib/checkpoint/weights.js";
import { SafetensorsReader } from "../../lib/files/safetensors.js";
import { fillMask, fineTune, loadModel } from "../../lib/index.js";
import type { MaskedWordHead } from "../../lib/models/heads/masked-word-head.js";
import { withoutInitialisation } from "../../lib/nn/init.js";
import { networkOf, pretrainingLayout } from "../../lib/pre-training/pretrainer.js";
import { alterCheckpoint } from "../support/checkpoints.js";
import { inputOf } from "../support/golden.js";
import {
  corpusFolder,
  folderIn,
  noticesOf,
  type RunOptions,
  run,
  TINY,
  tenSteps,
} from "../support/pretraining-runs.js";
import { inPython, withoutPython } from "../support/python.js";
import { assertClose } from "../support/tolerance.js";

const { directory, data, newOutputDir } = await corpusFolder();

const trained = join(directory, "trained");
before(async () => {
  const settings = { steps: 60, learningRate: 5e-3, optimizer: "adamw" } as const;
  await run({ ...tenSteps, ...settings, data, outputDir: trained });
});

function runFrom(continueFrom: string, options: RunOptions = {}) {
  return run({ ...tenSteps, data, outputDir: newOutputDir(), steps: 2, ...options, continueFrom });
}

const NO_PAIRS = "the checkpoint has no next-sentence head: training goes on with masked words alone";

/** The tiny model without the tensors of these beginnings. */
function checkpointWithout(name: string, ...beginnings: string[]): string {
  const folder = folderIn(directory, name);
  for (const file of ["vocab.txt", "tokenizer.json", "tokenizer_config.json"])
    cpSync(join(TINY, file), join(folder, file));
  return alterCheckpoint("tiny-bert-pretraining", folder, (tensors) => {
    for (const stored of [...tensors.keys()])
      if (beginnings.some((beginning) => stored.startsWith(beginning))) tensors.delete(stored);
  });
}

test("a checkpoint with both heads is gone on with as it is, and nothing is said", async () => {
  const { events, losses } = await runFrom(trained);
  assert.deepEqual(noticesOf(events), []);
  const { losses: fromBefore } = await runFrom(TINY);
  assert.ok(losses[0]! < fromBefore[0]! - 0.5, `${losses[0]} after training, ${fromBefore[0]} before`);
});

test("files of a checkpoint that are not as they were saved with its weights are named", async () => {
  const folder = folderIn(directory, "edited");
  cpSync(trained, folder, { recursive: true });
  appendFileSync(join(folder, "config.json"), "\n");
  const { events } = await runFrom(folder);
  assert.match(noticesOf(events).join(), /^Files in .* are not as they were saved .*: config\.json; restore/);
});

test("a checkpoint without next-sentence head is trained on masked words alone, which is said", async () => {
  const { events, result } = await runFrom(checkpointWithout("headless", "cls.seq_relationship."));
  assert.deepEqual(noticesOf(events), [NO_PAIRS]);
  assert.equal(result.metrics!.nspAccuracy, null);
});

test("a bare encoder gets a masked-word head, and is trained on masked words alone", async () => {
  const { events, result, losses } = await runFrom(checkpointWithout("bare", "cls."));
  const [first, second] = noticesOf(events);
  assert.match(first!, /^the checkpoint lacks cls\.predictions\.(?!.*seq_relationship)/);
  assert.equal(second, NO_PAIRS);
  assert.equal(result.metrics!.nspAccuracy, null);
  assert.ok(Number.isFinite(losses[0]!));
});

test("asked for masked words alone, a missing next-sentence head needs no word", async () => {
  const checkpoint = checkpointWithout("headless-mlm", "cls.seq_relationship.", "bert.pooler.");
  const { events } = await runFrom(checkpoint, { objective: "mlm" });
  assert.deepEqual(noticesOf(events), []);
});

/** Class and tensors of a saved model. */
function contentOf(directory: string) {
  const { architectures, is_decoder = false } = JSON.parse(
    readFileSync(join(directory, "config.json"), "utf8"),
  );
  using reader = new SafetensorsReader(join(directory, "model.safetensors"));
  const untrained = ["bert.pooler.dense.weight", "cls.seq_relationship.weight"];
  return { architectures, is_decoder, has: untrained.filter((name) => reader.tensors.has(name)) };
}

test("what an objective does not train is not saved, and no later run takes it for trained", async () => {
  assert.deepEqual(contentOf(trained), {
    ...{ architectures: ["BertForPreTraining"], is_decoder: false },
    has: ["bert.pooler.dense.weight", "cls.seq_relationship.weight"],
  });
  for (const [objective, architecture, isDecoder] of [
    ["mlm", "BertForMaskedLM", false],
    ["causal", "BertLMHeadModel", true],
  ] as const) {
    const { result } = await runFrom(trained, { objective }); // from a checkpoint that has all
    const saved = { architectures: [architecture], is_decoder: isDecoder, has: [] };
    assert.deepEqual(contentOf(result.outputDir), saved);
    const next = await runFrom(result.outputDir);
    assert.deepEqual(noticesOf(next.events), [NO_PAIRS]);
    assert.deepEqual(contentOf(next.result.outputDir).architectures, ["BertForMaskedLM"]);
    const again = await runFrom(result.outputDir, { objective });
    assert.deepEqual(noticesOf(again.events), []);
    assert.deepEqual(contentOf(again.result.outputDir), saved);
  }
});

test("fillMask refuses a model that predicts the next word, and takes one of masked words alone", async () => {
  const fill = (model: string) =>
    fillMask({ model, texts: ["the film was [MASK] ."], topK: 1, device: "auto", dtype: "float32" });
  const { result: masked } = await runFrom(trained, { objective: "mlm" });
  assert.equal((await fill(masked.outputDir)).length, 1);
  const { result: causal } = await runFrom(trained, { objective: "causal" });
  await assert.rejects(fill(causal.outputDir), {
    code: "ERR_CHECKPOINT",
    message: new RegExp(`^Expected a model for masked-words in ${causal.outputDir} but `),
  });
});

test("a checkpoint that lacks a part of the encoder is refused, naming it", async () => {
  const incomplete = checkpointWithout("incomplete", "bert.encoder.layer.1.");
  await assert.rejects(runFrom(incomplete), { code: "ERR_CHECKPOINT", message: /bert\.encoder\.layer\.1\./ });
});

test("a checkpoint of another vocabulary than the corpus is refused", async () => {
  const other = folderIn(directory, "other-words");
  cpSync(TINY, other, { recursive: true });
  rmSync(join(other, "tokenizer.json"));
  const pieces = readFileSync(join(TINY, "vocab.txt"), "utf8").replace("\nfilm\n", "\nmovie\n");
  writeFileSync(join(other, "vocab.txt"), pieces);
  await assert.rejects(runFrom(other), (error: Error & { code: string }) => {
    assert.equal(error.code, "ERR_DATA");
    assert.ok(error.message.startsWith(`${data}: Expected a corpus of the vocabulary `), error.message);
    return true;
  });
});

test("a checkpoint of another family is refused, naming it", async () => {
  const roberta = folderIn(directory, "roberta");
  writeFileSync(join(roberta, "config.json"), JSON.stringify({ model_type: "roberta" }));
  await assert.rejects(runFrom(roberta, { objective: "mlm" }), {
    code: "ERR_OPTION",
    message: `Expected a BERT checkpoint for continueFrom but received "${roberta}", whose model_type is "roberta"`,
  });
});

test("a checkpoint that is nowhere is named", async () => {
  await assert.rejects(runFrom("nowhere"), {
    code: "ERR_CHECKPOINT",
    message: /^Expected a model directory with a config\.json but there is no "nowhere" here/,
  });
});

/** Fine-tunes a classifier on rows that say their label. */
async function tunedFrom(model: string, outputDir: string) {
  const train = Array.from({ length: 40 }, (_, row) => {
    const label = row % 2 ? "bad" : "good";
    return { text: `the ${["film", "plot", "cast"][row % 3]} was ${label}`, label };
  });
  const options = {
    task: "classification",
    epochs: 1,
    batchSize: 8,
    learningRate: 1e-3,
    dtype: "float32",
  } as const;
  return fineTune({ ...options, model, train, maxSeqLength: 16, outputDir });
}

for (const objective of ["mlm+nsp", "mlm", "causal"] as const) {
  test(`a directory pre-trained on "${objective}" is fine-tuned like any other checkpoint`, async () => {
    const { result } = await runFrom(trained, { objective });
    const outputDir = join(directory, `tuned-from-${objective}`);
    await using model = await tunedFrom(result.outputDir, outputDir);
    assert.deepEqual(model.labels, ["bad", "good"]);
    await using loaded = await loadModel(outputDir, { task: "classification" });
    assert.equal((await loaded.predict(["the film was good"])).length, 1);
    const { architectures, is_decoder } = contentOf(outputDir);
    assert.deepEqual([architectures, is_decoder], [["BertForSequenceClassification"], false]);
  });
}

const FILL_MASK_IN_PYTHON = `
import json, sys, torch
from transformers import AutoTokenizer, BertForPreTraining
model, report = BertForPreTraining.from_pretrained(sys.argv[1], output_loading_info=True)
tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
predictions = []
with torch.no_grad():
    for text in json.load(sys.stdin):
        encoded = tokenizer(text, return_tensors="pt")
        probabilities = model.eval()(**encoded).prediction_logits[0].softmax(-1)
        mask = encoded["input_ids"][0].tolist().index(tokenizer.mask_token_id)
        score, best = probabilities[mask].max(-1)
        predictions.append({"token": tokenizer.convert_ids_to_tokens(best.item()), "score": score.item()})
print(json.dumps({
    "missing": list(report["missing_keys"]), "unexpected": list(report["unexpected_keys"]),
    "maxLength": tokenizer.model_max_length, "predictions": predictions,
}))
`;

const PREDICT_IN_PYTHON = `
import json, sys, torch, transformers
config = transformers.AutoConfig.from_pretrained(sys.argv[1])
kind = getattr(transformers, config.architectures[0])
model, report = kind.from_pretrained(sys.argv[1], output_loading_info=True)
with torch.no_grad():
    logits = model.eval()(torch.tensor([json.load(sys.stdin)])).logits[0]
print(json.dumps({
    "missing": list(report["missing_keys"]), "unexpected": list(report["unexpected_keys"]),
    "logits": logits.flatten().tolist(),
}))
`;

/** What transformers finds amiss when it loads a directory. */
interface Loaded {
  missing: string[];
  unexpected: string[];
}

interface Filled extends Loaded {
  maxLength: number;
  predictions: { token: string; score: number }[];
}

for (const objective of ["mlm", "causal"] as const) {
  test(`after "${objective}", the class of transformers that config.json names loads it whole and computes alike`, {
    skip: withoutPython,
  }, async () => {
    const { result } = await runFrom(trained, { objective });
    const inputIds = Int32Array.of(2, 20, 30, 40, 50, 60, 3);
    const [loaded] = await inPython<Loaded & { logits: number[] }>(
      PREDICT_IN_PYTHON,
      [result.outputDir],
      [...inputIds],
    );
    const { missing, unexpected, logits } = loaded!;
    assert.deepEqual([missing, unexpected], [[], []]);

    const config = readConfig(result.outputDir);
    const network = withoutInitialisation(() => networkOf(config, objective)).eval();
    const { encoder, head } = network;
    using weights = new CheckpointWeights(result.outputDir);
    const report = loadNetwork(network, weights, pretrainingLayout(config, objective));
    assert.deepEqual(report, { initialised: [], ignored: [] });
    const input = inputOf([{ inputIds, tokenTypeIds: new Uint8Array(7) }]);
    const logitsOf = (causal: boolean) => {
      const { lastHiddenState } = encoder.forward({ ...input, causal });
      return (head as MaskedWordHead).forward(lastHiddenState, encoder).toArray();
    };
    // Float32 of other kernels through two layers and a head.
    assertClose(logitsOf(objective === "causal"), logits, { absolute: 1e-5, relative: 1e-5 });
    assert.notDeepEqual(logitsOf(true), logitsOf(false));
  });
}

test("transformers' BertForPreTraining loads a pre-trained directory whole, and fills masks alike", {
  skip: withoutPython,
}, async () => {
  const texts = [
    "the film was [MASK] .",
    "It was the GOOD [MASK] that i like .",
    "a [MASK] is never so dull",
  ];
  const [filled] = await inPython<Filled>(FILL_MASK_IN_PYTHON, [trained], texts);
  const { missing, unexpected, maxLength, predictions } = filled!;
  assert.deepEqual([missing, unexpected], [[], []]);
  assert.equal(maxLength, 32);
  const settings = { model: trained, texts, topK: 1, device: "auto", dtype: "float32" } as const;
  for (const [index, [best]] of (await fillMask(settings)).entries()) {
    assert.equal(best![0]!.token, predictions[index]!.token);
    // float32 in another order of additions.
    assert.ok(Math.abs(best![0]!.score - predictions[index]!.score) < 1e-5, `text ${index}`);
  }
});
