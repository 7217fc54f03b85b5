import assert from "node:assert/strict";
import { test } from "node:test";
import { loadWeights } from "../../lib/checkpoint/load-weights.js";
import { readConfig } from "../../lib/checkpoint/model-directory.js";
import { BertModel } from "../../lib/models/bert-model.js";
import { GoldenTensors, goldenPath, inputOf } from "../support/golden.js";

const forward = new GoldenTensors("tiny_forward.safetensors");

test("without a pooler, the encoder has no parameters of one, and gives the same hidden states and null", () => {
  const directory = goldenPath("tiny-bert-bare");
  const [withPooler, without] = [true, false].map((pooler) => {
    const model = new BertModel(readConfig(directory), { pooler }).eval();
    const { ignored } = loadWeights(model, directory, { mayIgnore: ["pooler."] });
    return { ignored, names: [...model.namedParameters()].map(([name]) => name), model };
  });
  assert.deepEqual(without!.ignored, ["pooler.dense.bias", "pooler.dense.weight"]);
  assert.deepEqual(
    withPooler!.names.filter((name) => !without!.names.includes(name)),
    ["pooler.dense.weight", "pooler.dense.bias"],
  );

  const input = inputOf(forward.sequences());
  const outputs = without!.model.forward(input);
  assert.equal(outputs.pooled, null);
  assert.deepEqual(
    outputs.lastHiddenState.toArray(),
    withPooler!.model.forward(input).lastHiddenState.toArray(),
  );
});
