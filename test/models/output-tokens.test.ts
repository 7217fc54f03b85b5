import "../support/one-thread.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { firstTokens } from "../../lib/models/encoder-input.js";
import { FirstTokenAlone, NoHead } from "../../lib/models/heads/no-head.js";
import { Network } from "../../lib/models/network.js";
import { firstHiddenStates, hiddenStatesAt } from "../../lib/models/output-tokens.js";
import { computeGradients } from "../../lib/nn/gradient-checkpointing.js";
import { pooledSequences } from "../../lib/tasks/embedding/vectors.js";
import { noGrad } from "../../lib/tensor/autograd.js";
import { cat, tensor } from "../../lib/tensor/create.js";
import { startDropoutStream } from "../../lib/tensor/random.js";
import { scope } from "../../lib/tensor/scope.js";
import type { Tensor } from "../../lib/tensor/tensor.js";
import { DEVICE } from "../support/device.js";
import { inputOf } from "../support/golden.js";
import { loadTinyBert } from "../support/networks.js";
import { assertClose } from "../support/tolerance.js";

/** Of 45 tokens, which are rounded up to 64. */
const SEQUENCES = [17, 1, 27].map((length, sequence) => ({
  inputIds: Int32Array.from({ length }, (_, place) => 5 + ((7 * sequence + place) % 40)),
  tokenTypeIds: new Uint8Array(length),
}));
const FIRSTS = [0, 17, 18];
const POSITIONS = Int32Array.of(3, 44, 19);

test("asked for some tokens, an encoder gives their last hidden states, in their order, and all of the layers below", () => {
  scope(() => {
    const { encoder } = loadTinyBert();
    const input = inputOf(SEQUENCES);
    const positions = tensor(POSITIONS, { device: DEVICE });
    const asked = { ...input, outputTokens: cat([firstTokens(input), positions]) };
    const packed = loadTinyBert().encoder;
    packed.packForPrediction();
    for (const some of [encoder, packed]) {
      const all = noGrad(() => some.forward(input));
      const encoded = noGrad(() => some.forward(asked));
      const wanted = all.lastHiddenState.indexSelect(0, tensor(Int32Array.of(...FIRSTS, ...POSITIONS)));
      const close = (actual: Tensor, expected: Tensor) =>
        assertClose(actual.toArray(), expected.toArray(), { absolute: 1e-5 }); // products of other shapes
      assert.deepEqual(encoded.lastHiddenState.shape, wanted.shape);
      close(encoded.lastHiddenState, wanted);
      close(firstHiddenStates(encoded, asked), firstHiddenStates(all, input));
      close(hiddenStatesAt(encoded, asked, positions), hiddenStatesAt(all, input, positions));
      for (const [layer, hidden] of encoded.hiddenStates.slice(0, -1).entries())
        assert.deepEqual(hidden.toArray(), all.hiddenStates[layer]!.toArray());
    }
  });
});

test("vectors of first tokens, which ask for these alone, and their gradients are those of a pass over every token", () => {
  scope(() => {
    const { encoder } = loadTinyBert();
    const gradientsOf = (head: NoHead) => {
      const network = new Network(encoder, head);
      const parameters = [...network.namedParameters()];
      for (const [, parameter] of parameters) parameter.grad = null;
      const { encoded, input } = network.encode(inputOf(SEQUENCES));
      const vectors = pooledSequences(encoded.lastHiddenState, input, ["cls"]);
      vectors.pow(2).sum().backward();
      const gradients = parameters.map(([, { grad }]) => grad?.toArray() ?? []);
      return { rows: encoded.lastHiddenState.shape[0], numbers: [vectors.toArray(), ...gradients] };
    };
    const all = gradientsOf(new NoHead());
    const first = gradientsOf(new FirstTokenAlone());
    assert.deepEqual([all.rows, first.rows], [45, SEQUENCES.length]);
    for (const [index, expected] of all.numbers.entries()) // products of other shapes
      assertClose(first.numbers[index]!, expected, { absolute: 1e-5, relative: 1e-4 });
  });
});

test("a classifier that asks for first tokens alone learns the same, with dropout and with gradient checkpointing", () => {
  scope(() => {
    const network = loadTinyBert();
    network.train(true);
    const parameters = [...network.namedParameters()];
    const input = inputOf(SEQUENCES);
    const gradientsOf = (isAsked: boolean, checkpointing: boolean) => {
      startDropoutStream(3, 1);
      for (const [, parameter] of parameters) parameter.grad = null;
      computeGradients(() => {
        if (!isAsked) return network.head.forward(network.encoder.forward(input), input).pow(2).sum();
        const { encoded, input: asked } = network.encode(input);
        assert.deepEqual(encoded.lastHiddenState.shape, [
          SEQUENCES.length,
          network.encoder.config.hiddenSize,
        ]);
        return network.head.forward(encoded, asked).pow(2).sum();
      }, checkpointing);
      return parameters.map(([, { grad }]) => grad!.toArray());
    };
    const expected = gradientsOf(false, false);
    for (const checkpointing of [false, true])
      for (const [index, actual] of gradientsOf(true, checkpointing).entries())
        assertClose(actual, expected[index]!, { absolute: 1e-5, relative: 1e-4 }, parameters[index]![0]);
  });
});
