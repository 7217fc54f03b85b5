import "../support/one-thread.js";

import assert from "node:assert/strict";
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { filesBelow } from "../../lib/files/directory-change.js";
import { type LibbertError, type LoadedModel, loadModel } from "../../lib/index.js";
import type { ExportOptions } from "../../lib/session/option-types.js";
import { failureOf, TINY } from "../session/support.js";
import { onSmallDisk } from "../support/small-disk.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const folder = temporaryDirectory();
const source = join(folder, "model");
let model: LoadedModel;
before(async () => {
  cpSync(TINY, source, { recursive: true });
  model = await loadModel(source);
});
after(() => model.dispose());

/** What a directory holds, by path. */
function contentOf(directory: string): Map<string, string> {
  return new Map(filesBelow(directory).map((file) => [file, readFileSync(join(directory, file), "base64")]));
}

const refusal = (directory: string, options: ExportOptions = {}): Promise<LibbertError> =>
  failureOf(model.exportOnnx(directory, options));

test("an export has the configuration, the tokenizer and the graph, and the model's directory stays as it was", async () => {
  const before = contentOf(source);
  const directory = join(folder, "new/export");
  assert.deepEqual(await model.exportOnnx(directory), {
    files: ["onnx/model.onnx"],
    inputs: ["input_ids", "attention_mask", "token_type_ids"],
    outputs: ["logits"],
    notices: [],
  });
  assert.deepEqual(filesBelow(directory), [
    "config.json",
    "onnx/model.onnx",
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.txt",
  ]);
  assert.deepEqual(contentOf(source), before);
});

test("an export over an earlier one leaves none of its graphs, and files of others as they were", async () => {
  const directory = join(folder, "twice");
  await model.exportOnnx(directory, { dtype: ["fp32", "fp16"] });
  writeFileSync(join(directory, "thesis.txt"), "irreplaceable");
  const error = await refusal(directory);
  assert.equal(error.code, "ERR_OPTION");
  assert.match(
    error.message,
    /^Expected an empty or new directory for outputDir but received ".*", which holds files \(config\.json\)/,
  );
  await model.exportOnnx(directory, { dtype: "q8", overwrite: true });
  assert.deepEqual(readdirSync(join(directory, "onnx")), ["model_quantized.onnx"]);
  assert.equal(readFileSync(join(directory, "thesis.txt"), "utf8"), "irreplaceable");
});

test("a model that is saved over an export leaves none of its graphs, which would be pushed with it", async () => {
  const directory = join(folder, "saved-over");
  await model.exportOnnx(directory);
  writeFileSync(join(directory, "thesis.txt"), "irreplaceable");
  await model.save(directory, { overwrite: true });
  const left = readdirSync(directory);
  assert.ok(left.includes("model.safetensors") && left.includes("thesis.txt"));
  assert.equal(left.includes("onnx"), false);
});

test("a directory with weights is refused, whether they are the model's own or another's", async () => {
  const error = await refusal(source, { overwrite: true });
  assert.equal(error.option, "outputDir");
  assert.match(
    error.message,
    /^Expected a directory without a model's weights for outputDir but received ".*model", which holds model\.safetensors$/,
  );
  for (const file of ["pytorch_model.bin", "model-00001-of-00003.safetensors"]) {
    const other = join(folder, "other", file);
    mkdirSync(other, { recursive: true });
    writeFileSync(join(other, file), "");
    assert.match((await refusal(other, { overwrite: true })).message, new RegExp(`which holds ${file}$`));
    assert.deepEqual(readdirSync(other), [file]);
  }
});

test("a type that is none, and a directory that is no path, are refused by name", async () => {
  const directory = join(folder, "refused");
  for (const dtype of ["q4", "float32", ["fp32", "q4"]] as never[]) {
    const error = await refusal(directory, { dtype });
    assert.equal(error.code, "ERR_OPTION");
    assert.match(error.message, /^Expected "fp32", "fp16" or "q8", or a list of these for dtype/);
  }
  assert.match((await refusal(directory, { device: "cpu" } as never)).message, /^Unknown option "device"/);
  assert.match(
    (await refusal(3 as never)).message,
    /^Expected the path of a directory for outputDir but received 3/,
  );
  assert.match((await refusal("a\0b")).message, /^Expected a path without null bytes for outputDir/);
  assert.equal(readdirSync(folder).includes("refused"), false);
});

test("a full disk leaves an earlier export as it was", async (t) => {
  const disk = join(folder, "disk");
  await onSmallDisk(t, { disk, size: "250k" }, async () => {
    const directory = join(disk, "export");
    await model.exportOnnx(directory);
    const before = contentOf(directory);
    const error = await refusal(directory, { dtype: ["fp32", "fp16", "q8"], overwrite: true });
    assert.equal(error.code, "ERR_RUNTIME");
    assert.match(error.message, /^Expected to write the ONNX model to .* for outputDir but received ENOSPC/);
    assert.deepEqual(contentOf(directory), before);
  });
});

test("a model that was disposed exports nothing", async () => {
  const other = await loadModel(TINY);
  await other.dispose();
  const error = await failureOf(other.exportOnnx(join(folder, "disposed")));
  assert.equal(error.code, "ERR_DISPOSED");
});
