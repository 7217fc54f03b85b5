import "../support/one-thread.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { readConfig } from "../../lib/checkpoint/model-directory.js";
import type { SequenceHead } from "../../lib/models/heads/sequence-head.js";
import type { Network } from "../../lib/models/network.js";
import { crossEntropy } from "../../lib/nn/functional.js";
import { FlatParameters } from "../../lib/optim/flat-parameters.js";
import { tensor } from "../../lib/tensor/create.js";
import { DEVICE } from "../support/device.js";
import { type Curve, GoldenTensors, goldenJson, goldenPath, inputOf } from "../support/golden.js";
import { assertGoldenGradients } from "../support/golden-gradients.js";
import { assertSameRun } from "../support/head-curve.js";
import { gradientsOf, loadSavedNetwork, logitsOf, valuesOf } from "../support/networks.js";
import { assertClose } from "../support/tolerance.js";
import { goldenBatch, type LabelledBatch } from "../support/training.js";

// Float32 of other kernels through two layers; values reach 10.
const TOLERANCE = { absolute: 1e-5, relative: 1e-5 };

const lossSum = (network: Network<SequenceHead>, { sequences, ids, labels }: LabelledBatch) =>
  crossEntropy(
    logitsOf(network, inputOf(sequences, ids)),
    tensor(labels, { dtype: "int64", device: DEVICE }),
    "sum",
  );

const NAMES = [
  ...["tiny-distilbert", "tiny-roberta", "tiny-xlm-roberta", "tiny-bert-unigram"],
  ...["tiny-electra", "tiny-electra-wide", "tiny-camembert"],
];

for (const name of NAMES) {
  const directory = goldenPath(`families/${name}`);
  const forward = new GoldenTensors(`families/${name}_forward.safetensors`);
  const load = () => loadSavedNetwork(directory, "sequence-classification", 3);
  const layout = { family: readConfig(directory).family, head: "sequence-classification" } as const;

  test(`${name}: every stored tensor is in the network, under its name`, () => {
    const stored = new GoldenTensors(`families/${name}/model.safetensors`);
    const values = valuesOf(load(), layout);
    assert.deepEqual([...values.keys()].sort(), stored.names().sort());
    for (const [tensorName, numbers] of values)
      assert.deepEqual(numbers, stored.values(tensorName), tensorName);
  });

  test(`${name}: hidden states and logits are those of transformers`, () => {
    const network = load();
    const input = inputOf(forward.sequences());
    const { hiddenStates } = network.encoder.forward(input);
    assert.equal(hiddenStates.length, 3);
    for (const [layer, hidden] of hiddenStates.entries()) {
      const expected = forward.values(`hidden_states.${layer}`);
      assertClose(hidden.toArray(), expected, TOLERANCE, `hidden state ${layer}`);
    }
    assertClose(logitsOf(network, input).toArray(), forward.values("logits"), TOLERANCE, "logits");
  });

  test(`${name}: every parameter's gradient of the mean loss is that of transformers`, () => {
    const network = load();
    const parameters = new FlatParameters(network.namedParameters());
    parameters.allocateGradients();
    const batch = goldenBatch(forward);
    const loss = lossSum(network, batch).div(batch.labels.length);
    assertClose([loss.item()], forward.values("loss"), { absolute: 1e-6 }, "loss");
    loss.backward();
    assertGoldenGradients(gradientsOf(network, parameters, layout), forward);
  });

  test(`${name}: 20 steps with AdamW give PyTorch's losses and final weights`, async () => {
    const { adamw } = goldenJson<{ adamw: Curve }>(`families/${name}_training.json`);
    const golden = new GoldenTensors(`families/${name}_training.safetensors`);
    const network = load();
    const batches = [0, 1, 2, 3, 4].map((index) => goldenBatch(golden, `batch.${index}.`));
    const { compared } = await assertSameRun(network, layout, batches, adamw, golden, {
      counts: ({ labels }) => ({ rows: labels.length }),
      loss: (batch, totals) => lossSum(network, batch).div(totals.rows!),
    });
    assert.equal(compared, 7);
  });
}
