import "../support/one-thread.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { readConfig } from "../../lib/checkpoint/model-directory.js";
import { bert } from "../../lib/models/families/bert.js";
import { TokenHead } from "../../lib/models/heads/token-head.js";
import { Network } from "../../lib/models/network.js";
import { crossEntropy } from "../../lib/nn/functional.js";
import { tensor } from "../../lib/tensor/create.js";
import { startDropoutStream } from "../../lib/tensor/random.js";
import { DEVICE, onDevice } from "../support/device.js";
import { type Curve, GoldenTensors, goldenJson, goldenPath, inputOf } from "../support/golden.js";
import { assertSameRun } from "../support/head-curve.js";
import { loadSavedNetwork, tokenLogitsOf } from "../support/networks.js";
import { assertClose } from "../support/tolerance.js";

const DIRECTORY = goldenPath("tiny-bert-tokens");
const IGNORED = -100;
const batches = new GoldenTensors("token_classification_training.safetensors");

const loadTinyTokens = () => loadSavedNetwork(DIRECTORY, "token-classification", 5);

test("the logits of every token are those of transformers", () => {
  const golden = new GoldenTensors("token_classification_forward.safetensors");
  const logits = tokenLogitsOf(loadTinyTokens(), inputOf(golden.sequences()));
  assert.deepEqual(logits.shape, [144, 5]);
  // Float32 of other kernels through two layers.
  assertClose(logits.toArray(), golden.values("logits"), { absolute: 1e-5 });
});

test("with positions, only these tokens are classified, and dropout treats them as among all", () => {
  const sequences = batches.sequences("batch.0.");
  const positions = [40, 3, 7];
  for (const training of [false, true]) {
    const network = loadTinyTokens().train(training);
    const logits = (chosen?: number[]) => {
      startDropoutStream(5, 2);
      return tokenLogitsOf(network, inputOf(sequences), chosen);
    };
    const all = logits().toArray();
    const expected = positions.flatMap((token) => [...all.subarray(5 * token, 5 * token + 5)]);
    // Products of fewer rows may be added up in another order.
    assertClose(logits(positions).toArray(), expected, { absolute: 1e-6 });
  }
});

test("20 steps with AdamW give PyTorch's losses and final weights", async () => {
  const golden = goldenJson<Curve>("token_classification_training.json");
  const network = loadTinyTokens();
  const layout = { family: bert, head: "token-classification" } as const;
  const { compared, losses } = await assertSameRun(network, layout, [0, 1, 2, 3, 4], golden, batches, {
    counts: (batch) => ({ words: countedIn(batch).length }),
    loss: (batch, { words }) => {
      const counted = countedIn(batch);
      const labels = batches.values(`batch.${batch}.labels`);
      const logits = tokenLogitsOf(network, inputOf(batches.sequences(`batch.${batch}.`)), counted);
      const targets = tensor(
        counted.map((token) => labels[token]!),
        { dtype: "int64", device: DEVICE },
      );
      return crossEntropy(logits, targets, "sum").div(words!);
    },
    finals: "final.",
  });
  assert.equal(compared, 5);
  assert.ok(losses[19]! < losses[4]! - 0.3, "the same batch's loss has fallen far more than the tolerance");
});

/** The tokens of a golden batch that have a label. */
function countedIn(batch: number): number[] {
  const labels = batches.values(`batch.${batch}.labels`);
  return [...labels.keys()].filter((token) => labels[token] !== IGNORED);
}

test("with concat-last-four the classifier sees the last four layers, the last one first", () => {
  const { family, encoder: shape } = readConfig(DIRECTORY);
  const config = { ...shape, numHiddenLayers: 5 };
  const head = new TokenHead(config, 3, "concat-last-four");
  const network = onDevice(new Network(family.createEncoder(config), head).eval());
  assert.deepEqual(head.classifier.weight.shape, [3, 128]);

  const input = inputOf([{ inputIds: [2, 40, 50, 3], tokenTypeIds: [0, 0, 0, 0] }]);
  const encoded = network.encoder.forward(input);
  const features = head.features(encoded);
  assert.deepEqual(features.shape, [4, 128]);
  for (const [index, layer] of [5, 4, 3, 2].entries()) {
    assert.deepEqual(
      features.narrow(1, 32 * index, 32).toArray(),
      encoded.hiddenStates[layer]!.toArray(),
      `layer ${layer}`,
    );
  }
  assert.deepEqual(tokenLogitsOf(network, input).toArray(), head.classifier.forward(features).toArray());
});
