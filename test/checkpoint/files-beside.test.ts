import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { changedFiles } from "../../lib/checkpoint/files-beside.js";
import { readConfig, writeModel } from "../../lib/checkpoint/model-directory.js";
import { CheckpointWeights } from "../../lib/checkpoint/weights.js";
import { writeSafetensors } from "../../lib/files/safetensors.js";
import { goldenPath } from "../support/golden.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const TINY = goldenPath("tiny-bert");
const OTHERS = ["tokenizer.json", "tokenizer_config.json", "vocab.txt", "1_Pooling/config.json"];

/** A model with files beside its weights, which hold nothing. */
function savedModel(): string {
  const folder = temporaryDirectory();
  mkdirSync(join(folder, "1_Pooling"));
  for (const name of OTHERS.slice(0, 3)) writeFileSync(join(folder, name), readFileSync(join(TINY, name)));
  writeFileSync(join(folder, OTHERS[3]!), '{"pooling_mode_mean_tokens": true}');
  writeModel(folder, readConfig(TINY).json, new Map(), OTHERS);
  return folder;
}

function changedIn(folder: string): string | undefined {
  using weights = new CheckpointWeights(folder);
  return changedFiles(weights);
}

test("a file beside the weights that was cut, or is missing, is named; files as they were saved are not", () => {
  const folder = savedModel();
  assert.equal(changedIn(folder), undefined);
  const named = (names: string) =>
    `Files in ${folder} are not as they were saved with its weights: ${names}; restore them, ` +
    "unless they were changed on purpose (saving the model again ends this warning)";
  for (const name of ["config.json", ...OTHERS]) {
    const path = join(folder, name);
    const whole = readFileSync(path);
    writeFileSync(path, whole.subarray(0, -1));
    assert.equal(changedIn(folder), named(name));
    rmSync(path);
    assert.equal(changedIn(folder), named(`${name} (missing)`));
    writeFileSync(path, whole);
  }
  for (const name of OTHERS.slice(1, 3)) writeFileSync(join(folder, name), "");
  assert.equal(changedIn(folder), named("tokenizer_config.json, vocab.txt"));
});

test("saving again, after a change on purpose, is the end of the warning", () => {
  const folder = savedModel();
  writeFileSync(join(folder, "vocab.txt"), "another");
  assert.match(changedIn(folder)!, /vocab\.txt/);
  writeModel(folder, readConfig(folder).json, new Map(), OTHERS);
  assert.equal(changedIn(folder), undefined);
});

test("weights of other programs say nothing of the files beside them", () => {
  assert.equal(changedIn(TINY), undefined);
  assert.equal(changedIn(goldenPath("tiny-bert-sharded")), undefined);
});

test("weights cannot have a file outside of their folder read, and checksums that are none are an error", () => {
  const folder = temporaryDirectory();
  const path = join(folder, "model.safetensors");
  const names = ["../x", "/etc/passwd", "a/../../x"];
  const outside = JSON.stringify(Object.fromEntries(names.map((name) => [name, "00000000"])));
  writeSafetensors(path, new Map(), { libbert_files: outside });
  assert.equal(changedIn(folder), undefined);
  writeSafetensors(path, new Map(), { libbert_files: "{" });
  assert.throws(() => changedIn(folder), {
    code: "ERR_CHECKPOINT",
    message: `${path} is damaged: the checksums in its header (libbert_files) cannot be read`,
  });
});
