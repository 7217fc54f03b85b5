import assert from "node:assert/strict";
import { test } from "node:test";
import type { Activation } from "../../lib/models/activation.js";
import { BertIntermediate } from "../../lib/models/bert/layers.js";
import { bertPreset } from "../../lib/models/model-config.js";
import { crossEntropy, gelu } from "../../lib/nn/functional.js";
import { FlatParameters } from "../../lib/optim/flat-parameters.js";
import { randn } from "../../lib/tensor/create.js";
import { manualSeed, startDropoutStream } from "../../lib/tensor/random.js";
import type { Tensor } from "../../lib/tensor/tensor.js";
import { DEVICE } from "../support/device.js";
import { GoldenTensors, inputOf } from "../support/golden.js";
import { assertGoldenGradients } from "../support/golden-gradients.js";
import { gradientsOf, loadTinyBert, logitsOf } from "../support/networks.js";
import { assertClose, relativeError } from "../support/tolerance.js";

const SMALL = { hidden_size: 8, num_attention_heads: 2, intermediate_size: 16, initializer_range: 1 };
const forward = new GoldenTensors("tiny_forward.safetensors");

// Float32 of other kernels through two layers; values reach 10.
const TOLERANCE = { absolute: 1e-5, relative: 1e-5 };

test("hidden states, pooled output and logits are those of transformers", () => {
  const model = loadTinyBert();
  const input = inputOf(forward.sequences());
  const encoded = model.encoder.forward(input);
  const { hiddenStates, lastHiddenState } = encoded;
  assert.equal(hiddenStates.length, 3);
  for (const [index, hidden] of hiddenStates.entries()) {
    assertClose(
      hidden.toArray(),
      forward.values(`hidden_states.${index}`),
      TOLERANCE,
      `hidden state ${index}`,
    );
  }
  assert.equal(lastHiddenState, hiddenStates[2]);
  const pooled = model.head.pooler.forward(encoded, input);
  assertClose(pooled.toArray(), forward.values("pooled_output"), TOLERANCE, "pooled output");
  assertClose(logitsOf(model, input).toArray(), forward.values("logits"), TOLERANCE, "logits");
});

test("a packed batch gives each sequence what it gets alone", () => {
  const model = loadTinyBert();
  const sequences = forward.sequences();
  const together = logitsOf(model, inputOf(sequences)).toArray();
  const alone = sequences.flatMap((sequence) => [...logitsOf(model, inputOf([sequence])).toArray()]);
  assertClose(together, alone, TOLERANCE);
});

test("with dropout on, too, when a sequence keeps its row ids", () => {
  const model = loadTinyBert().train();
  const sequences = forward.sequences();
  const logits = (order: number[]) => {
    startDropoutStream(9, 4);
    const chosen = order.map((index) => sequences[index]!);
    return logitsOf(model, inputOf(chosen, order)).toArray();
  };
  const inOrder = logits([0, 1, 2, 3, 4, 5, 6, 7]);
  const others = logits([6, 2]);
  assertClose(others, [...inOrder.subarray(18, 21), ...inOrder.subarray(6, 9)], TOLERANCE);
  assert.ok(relativeError(inOrder, forward.values("logits")) > 0.01, "dropout changes the logits");
});

test("every parameter's gradient of the mean loss is that of transformers", () => {
  const golden = new GoldenTensors("tiny_gradients.safetensors");
  const model = loadTinyBert();
  const parameters = new FlatParameters(model.namedParameters());
  parameters.allocateGradients();
  const logits = logitsOf(model, inputOf(golden.sequences()));
  const loss = crossEntropy(logits, golden.tensor("labels").to("int64", DEVICE));
  assertClose([loss.item()], golden.values("loss"), { absolute: 1e-6 }, "loss");
  loss.backward();

  assertGoldenGradients(gradientsOf(model, parameters), golden);
});

test("the feed-forward layer's activation is the configuration's", () => {
  manualSeed(5);
  const hidden = randn([4, 8]);
  const outputWith = (hidden_act: Activation) => {
    manualSeed(6);
    const layer = new BertIntermediate(bertPreset("tiny", { ...SMALL, hidden_act }).encoder);
    return { output: layer.forward(hidden).output.toArray(), before: layer.dense.forward(hidden) };
  };
  for (const [name, activation] of [
    ["gelu", (x: Tensor) => gelu(x)],
    ["gelu_new", (x: Tensor) => gelu(x, "tanh")],
    ["gelu_pytorch_tanh", (x: Tensor) => gelu(x, "tanh")],
    ["relu", (x: Tensor) => x.relu()],
  ] as const) {
    const { output, before } = outputWith(name);
    // The layer's own GELU is known to 1e-7 of its input, which reaches 3.
    assertClose(output, activation(before).toArray(), { absolute: 1e-6 }, name);
  }
});
