import assert from "node:assert/strict";
import { test } from "node:test";
import { isModelFile } from "../../lib/files/model-files.js";

test("what a model saved over another would be read with is the model's; folders and files of the user's are not", () => {
  for (const name of [
    "config.json",
    "model-00001-of-00002.safetensors",
    "sentence_roberta_config.json",
    "1_Pooling",
  ])
    assert.ok(isModelFile(name), name);
  for (const name of ["2024_Results", "1_A", "notes.txt", "1_Pooling.bak", "my_sentence_bert_config.json"])
    assert.ok(!isModelFile(name), name);
});
