import assert from "node:assert/strict";
import { cpSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openCheckpoint } from "../../lib/checkpoint/checkpoint.js";
import { readConfig } from "../../lib/checkpoint/model-directory.js";
import { CheckpointWeights } from "../../lib/checkpoint/weights.js";
import * as b from "../support/bundles.js";
import { goldenPath } from "../support/golden.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

function copyOf(name: string): string {
  const folder = temporaryDirectory();
  cpSync(goldenPath(`formats/${name}`), folder, { recursive: true });
  return folder;
}

test("without a config.json, the head is told by the weights", () => {
  for (const [name, architecture, labels] of [
    ["tensorflow", "BertForPreTraining", undefined],
    ["tensorflow-classifier", "BertForSequenceClassification", 3],
    ["tensorflow-squad", "BertForQuestionAnswering", undefined],
  ] as const) {
    const { json, source } = readConfig(copyOf(name));
    assert.deepEqual([json.architectures, json.num_labels], [[architecture], labels]);
    assert.ok(source.endsWith("bert_config.json"));
  }
});

test("half of a head, or one of no rows, is none that a model is made with, and no error of another kind", () => {
  for (const [name, shape] of [
    ["output_bias", [2]],
    ["output_weights", []],
  ] as const) {
    const folder = temporaryDirectory();
    cpSync(goldenPath("formats/tensorflow/bert_config.json"), join(folder, "bert_config.json"));
    const numbers = new Uint8Array(4 * (shape[0] ?? 1));
    writeFileSync(join(folder, "a.ckpt.data-00000-of-00001"), numbers);
    const entry = b.entry(numbers, { shape: [...shape] });
    writeFileSync(join(folder, "a.ckpt.index"), b.table([b.block([b.HEADER, [0, name, entry]])]));
    assert.equal(readConfig(folder).json.num_labels, undefined);
  }
});

test("a bert_config.json beside a pytorch_model.bin, as in the first libraries for torch, does, too", () => {
  const folder = copyOf("pytorch-legacy");
  renameSync(join(folder, "config.json"), join(folder, "bert_config.json"));
  assert.deepEqual(readConfig(folder).json.architectures, ["BertForPreTraining"]);
});

test("of several checkpoints the one counts that the file checkpoint names; without one they are all named", () => {
  const folder = copyOf("tensorflow-classifier");
  for (const end of ["index", "data-00000-of-00001"])
    cpSync(join(folder, `model.ckpt-7.${end}`), join(folder, `model.ckpt-9.${end}`));
  const several = /but found model\.ckpt-7\.index, model\.ckpt-9\.index$/;
  assert.throws(() => new CheckpointWeights(folder), { code: "ERR_CHECKPOINT", message: several });
  writeFileSync(join(folder, "checkpoint"), 'model_checkpoint_path: "/elsewhere/model.ckpt-8"\n');
  assert.throws(() => new CheckpointWeights(folder), several);
  writeFileSync(
    join(folder, "checkpoint"),
    'model_checkpoint_path: "/elsewhere/model.ckpt-9"\nall_model_checkpoint_paths: "model.ckpt-7"\n',
  );
  using weights = new CheckpointWeights(folder);
  assert.ok(weights.names().includes("classifier.weight"));
});

test("whether texts are lowered is told by the vocabulary, unless a tokenizer_config.json says it", async () => {
  const folder = copyOf("tensorflow");
  const path = join(folder, "vocab.txt");
  const lowers = async () => {
    const { tokenizer } = await openCheckpoint(folder);
    return (await tokenizer.encode("A")).inputIds[1] === (await tokenizer.encode("a")).inputIds[1];
  };
  assert.equal(await lowers(), true);
  const uncased = readFileSync(path, "utf8");
  writeFileSync(path, uncased.replace("\nfilm\n", "\nA\n"));
  assert.equal(await lowers(), false);
  writeFileSync(path, uncased.replace("\nfilm\n", "\n<S>\n"));
  assert.equal(await lowers(), true);
  writeFileSync(join(folder, "tokenizer_config.json"), '{"do_lower_case": false}');
  assert.equal(await lowers(), false);
});
