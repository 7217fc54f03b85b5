import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { filesBelow } from "../../lib/files/directory-change.js";
import { machineWithHub, NAME } from "../hub/support.js";
import { TINY } from "../session/support.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { libbertInProcess } from "./in-process.js";

test("export prints the files that it writes, or one object of JSON", async () => {
  const outputDir = join(temporaryDirectory(), "export");
  const words = ["export", "--model", TINY, "--output-dir", outputDir];
  const { status, stdout, stderr } = await libbertInProcess([
    ...words,
    "--format",
    "onnx",
    "--dtype",
    "fp32,q8",
  ]);
  assert.deepEqual([status, stderr], [0, ""]);
  const files = ["onnx/model.onnx", "onnx/model_quantized.onnx"];
  assert.equal(stdout, files.map((file) => `${join(outputDir, file)}\n`).join(""));
  const again = await libbertInProcess([...words, "--dtype", "fp16", "--overwrite", "--json"]);
  assert.deepEqual(JSON.parse(again.stdout), {
    outputDir,
    files: ["onnx/model_fp16.onnx"],
    inputs: ["input_ids", "attention_mask", "token_type_ids"],
    outputs: ["logits"],
    notices: [],
  });
});

test("export takes a model by its name, whose files in the cache stay as they were, and other names for its labels", async (t) => {
  const { cache } = await machineWithHub(t);
  await libbertInProcess(["pull", "--model", NAME]);
  const before = filesBelow(cache);
  const outputDir = join(temporaryDirectory(), "export");
  const words = ["export", "--model", NAME, "--output-dir", outputDir, "--labels", "bad,so-so,good"];
  const { status, stderr } = await libbertInProcess(words);
  assert.deepEqual([status, stderr], [0, ""]);
  assert.deepEqual(filesBelow(cache), before);
  const { id2label } = JSON.parse(readFileSync(join(outputDir, "config.json"), "utf8"));
  assert.deepEqual(id2label, { 0: "bad", 1: "so-so", 2: "good" });
});

test("what export refuses, it refuses by the flag", async () => {
  const outputDir = join(temporaryDirectory(), "export");
  const refusal = async (...words: string[]) =>
    (await libbertInProcess(["export", "--model", TINY, "--output-dir", outputDir, ...words])).stderr;
  assert.match(await refusal("--dtype", "q4"), /^libbert: Expected "fp32", .* for --dtype but received "q4"/);
  assert.match(
    await refusal("--format", "tflite"),
    /^libbert: Expected "onnx" for --format but received "tflite"/,
  );
  await refusal();
  assert.match(
    await refusal(),
    /^libbert: Expected an empty or new directory for --output-dir but .*; --overwrite allows it/,
  );
  const own = await libbertInProcess(["export", "--model", TINY, "--output-dir", TINY, "--overwrite"]);
  assert.match(own.stderr, /^libbert: Expected a directory without a model's weights for --output-dir but/);
});
