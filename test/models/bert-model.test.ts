import assert from "node:assert/strict";
import { test } from "node:test";
import { loadNetwork } from "../../lib/checkpoint/load-network.js";
import { readConfig } from "../../lib/checkpoint/model-directory.js";
import { CheckpointWeights } from "../../lib/checkpoint/weights.js";
import { Network } from "../../lib/models/network.js";
import { GoldenTensors, goldenPath, inputOf } from "../support/golden.js";
import { loadSavedNetwork, NoHead } from "../support/networks.js";

const forward = new GoldenTensors("tiny_forward.safetensors");

test("an encoder alone has no parameters of a pooler, and gives the same hidden states as below a head", () => {
  const directory = goldenPath("tiny-bert-bare");
  const { family, encoder } = readConfig(directory);
  const alone = new Network(family.createEncoder(encoder), new NoHead()).eval();
  using weights = new CheckpointWeights(directory);
  const { ignored } = loadNetwork(alone, weights, { family, head: null });
  assert.deepEqual(ignored, ["pooler.dense.bias", "pooler.dense.weight"]);
  const withHead = loadSavedNetwork(directory, "sequence-classification", 2, { newHead: "lacks" });
  const namesOf = (network: Network) => [...network.namedParameters()].map(([name]) => name);
  assert.deepEqual(
    namesOf(withHead).filter((name) => !namesOf(alone).includes(name)),
    ["head.pooler.dense.weight", "head.pooler.dense.bias", "head.classifier.weight", "head.classifier.bias"],
  );

  const input = inputOf(forward.sequences());
  assert.deepEqual(
    alone.encoder.forward(input).lastHiddenState.toArray(),
    withHead.encoder.forward(input).lastHiddenState.toArray(),
  );
});

test("a parameter's depth is 0 in the embeddings, and the number of its layer, from 1", () => {
  const { family, encoder } = readConfig(goldenPath("tiny-bert"));
  const model = family.createEncoder(encoder);
  const depths = [...model.namedParameters()].map(([name]) => [name, model.depthOf(name)] as const);
  for (const [name, depth] of depths) {
    const [, layer] = /layer\.(\d+)\./.exec(name) ?? [];
    assert.equal(depth, layer === undefined ? 0 : Number(layer) + 1, name);
  }
  assert.deepEqual([...new Set(depths.map(([, depth]) => depth))], [0, 1, 2]);
});
