import "../../support/one-thread.js";

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { fineTune, loadModel } from "../../../lib/index.js";
import { fillMask } from "../../../lib/tasks/fill-mask.js";
import { alterCheckpoint } from "../../support/checkpoints.js";
import {
  folderIn,
  noticesOf,
  prepareTinyCorpus,
  type RunOptions,
  run,
  TINY,
  temporaryDirectory,
  tenSteps,
} from "../../support/pretraining-runs.js";

const PYTHON = process.env.LIBBERT_REFERENCE_PYTHON;
const withoutPython = PYTHON ? false : "LIBBERT_REFERENCE_PYTHON names no Python that has transformers";

const directory = temporaryDirectory();
let data: string;
let trained: string;

before(async () => {
  data = await prepareTinyCorpus(join(directory, "shards"));
  trained = join(directory, "trained");
  const settings = { steps: 60, learningRate: 5e-3, optimizer: "adamw" } as const;
  await run({ ...tenSteps, ...settings, data, outputDir: trained });
});

let runs = 0;
function runFrom(continueFrom: string, options: RunOptions = {}) {
  const outputDir = join(directory, `run-${++runs}`);
  return run({ ...tenSteps, data, outputDir, steps: 2, ...options, continueFrom });
}

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

test("a checkpoint without next-sentence head is trained on masked words alone, which is said", async () => {
  const { events, result } = await runFrom(checkpointWithout("headless", "cls.seq_relationship."));
  assert.deepEqual(noticesOf(events), [
    "the checkpoint lacks cls.seq_relationship.weight, cls.seq_relationship.bias",
    "it has no next-sentence head: training goes on with masked words alone",
  ]);
  assert.equal(result.metrics!.nspAccuracy, null);
});

test("a bare encoder gets a masked-word head, and is trained on masked words alone", async () => {
  const { events, result, losses } = await runFrom(checkpointWithout("bare", "cls."));
  const [first, second] = noticesOf(events);
  assert.match(first!, /lacks .*cls\.predictions\.transform\.dense\.weight/);
  assert.match(second!, /no next-sentence head/);
  assert.equal(result.metrics!.nspAccuracy, null);
  assert.ok(Number.isFinite(losses[0]!));
});

test("asked for masked words alone, a missing next-sentence head needs no second word", async () => {
  const checkpoint = checkpointWithout("headless-mlm", "cls.seq_relationship.");
  const { events } = await runFrom(checkpoint, { objective: "mlm" });
  assert.equal(noticesOf(events).length, 1);
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

test("a checkpoint that is nowhere is named", async () => {
  await assert.rejects(runFrom("nowhere"), {
    code: "ERR_OPTION",
    message: 'Expected the directory of a model for continueFrom but received "nowhere"',
  });
});

test("a pre-trained directory is fine-tuned like any other checkpoint", async () => {
  const train = Array.from({ length: 40 }, (_, row) => {
    const label = row % 2 ? "bad" : "good";
    return { text: `the ${["film", "plot", "cast"][row % 3]} was ${label}`, label };
  });
  const outputDir = join(directory, "tuned");
  const options = {
    task: "classification",
    epochs: 1,
    batchSize: 8,
    learningRate: 1e-3,
    dtype: "float32",
  } as const;
  await using model = await fineTune({
    ...options,
    model: trained,
    train,
    maxSeqLength: 16,
    outputDir,
  });
  assert.deepEqual(model.labels, ["bad", "good"]);
  await using loaded = await loadModel(outputDir);
  assert.equal((await loaded.predict(["the film was good"])).length, 1);
});

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

test("transformers' BertForPreTraining loads a pre-trained directory whole, and fills masks alike", {
  skip: withoutPython,
}, async () => {
  const texts = [
    "the film was [MASK] .",
    "It was the GOOD [MASK] that i like .",
    "a [MASK] is never so dull",
  ];
  const output = execFileSync(PYTHON!, ["-c", FILL_MASK_IN_PYTHON, trained], {
    input: JSON.stringify(texts),
    env: { ...process.env, HF_HUB_OFFLINE: "1" },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const { missing, unexpected, maxLength, predictions } = JSON.parse(output.toString());
  assert.deepEqual([missing, unexpected], [[], []]);
  assert.equal(maxLength, 32);
  const settings = { model: trained, texts, topK: 1, device: "auto", dtype: "float32" } as const;
  for (const [index, [best]] of (await fillMask(settings)).entries()) {
    assert.equal(best![0]!.token, predictions[index].token);
    // float32 in another order of additions.
    assert.ok(Math.abs(best![0]!.score - predictions[index].score) < 1e-5, `text ${index}`);
  }
});
