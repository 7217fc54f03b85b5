import "../support/one-thread.js";

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { EXPORT_DTYPES } from "../../lib/onnx/options.js";
import { goldenPath } from "../support/golden.js";
import { inPython, withoutPython } from "../support/python.js";
import { POOLING, sentenceModel, TRANSFORMER } from "../support/sentence-model.js";
import { exported } from "./run-onnx.js";

const PROBE = "import importlib.util, json; print(json.dumps(importlib.util.find_spec('onnx') is not None))";
const skip = withoutPython || ((await inPython<boolean>(PROBE, []))[0] ? false : "this Python has no onnx");

/** Checks each file against ONNX's own definitions, types and shapes included. */
const CHECK = `
import json, sys, onnx
for path in sys.argv[1:]:
    onnx.checker.check_model(path, full_check=True)
    model = onnx.load(path)
    print(json.dumps([model.ir_version, model.opset_import[0].version]))
`;

test("onnx.checker accepts the graphs of every family, head and type", { skip }, async () => {
  const folders = [
    ...["tiny-bert", "tiny-bert-tokens", "tiny-bert-questions", "tiny-bert-pretraining"],
    ...["families/tiny-distilbert", "families/tiny-roberta", "families/tiny-electra-choice"],
  ].map(goldenPath);
  folders.push(sentenceModel([TRANSFORMER, POOLING]));
  const directories = await Promise.all(folders.map((folder) => exported(folder, ...EXPORT_DTYPES)));
  const files = directories.flatMap((directory) =>
    ["model.onnx", "model_fp16.onnx", "model_quantized.onnx"].map((file) => join(directory, "onnx", file)),
  );
  const versions = await inPython<[number, number]>(CHECK, files);
  assert.deepEqual(versions, Array(files.length).fill([8, 17]));
});
