import assert from "node:assert/strict";
import { test } from "node:test";
import { crossEntropy } from "../../lib/nn/functional.js";
import { FlatParameters } from "../../lib/optim/flat-parameters.js";
import { noGrad } from "../../lib/tensor/autograd.js";
import { scope } from "../../lib/tensor/scope.js";
import type { Tensor } from "../../lib/tensor/tensor.js";
import { DEVICE } from "../support/device.js";
import { GoldenTensors, goldenJson, inputOf } from "../support/golden.js";
import { gradientsOf, loadMiniLM, logitsOf, withoutMiniLM } from "../support/networks.js";
import { assertClose, relativeError } from "../support/tolerance.js";

/** What transformers itself differs by between its own attention kernels (test/golden/README.md). */
const TOLERANCE = { absolute: 1e-5, relative: 1e-4 };

/** Elements 0, stride, 2 · stride, …, as the golden files keep of large tensors. */
function stridedSample(values: Float64Array, stride: number): Float64Array {
  return values.filter((_, index) => index % stride === 0);
}

const norm = (values: Float64Array) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));

test("MiniLM's hidden states and pooled output on 64 texts are those of transformers", {
  skip: withoutMiniLM,
}, () => {
  const golden = new GoldenTensors("minilm_forward.safetensors");
  const { hiddenStates: described } = goldenJson<{
    hiddenStates: { shape: number[]; stride: number; norm: number }[];
  }>("minilm_forward.json");
  const network = loadMiniLM(new GoldenTensors("minilm_gradients.safetensors"));
  const { encoder, head } = network;
  scope(() =>
    noGrad(() => {
      const input = inputOf(golden.sequences());
      const encoded = encoder.forward(input);
      const { hiddenStates } = encoded;
      assert.equal(hiddenStates.length, described.length);
      for (const [index, { shape, stride, norm: expectedNorm }] of described.entries()) {
        const hidden: Tensor = hiddenStates[index]!;
        assert.deepEqual(hidden.shape, shape);
        const values = hidden.toArray();
        const name = `hidden_states.${index}`;
        assertClose(stridedSample(values, stride), golden.values(name), TOLERANCE, name);
        assertClose([norm(values)], [expectedNorm], { relative: 1e-6 }, `norm of ${name}`);
      }
      const pooled = head.pooler.forward(encoded, input);
      assertClose(pooled.toArray(), golden.values("pooled_output"), TOLERANCE, "pooled output");
    }),
  );
  network.dispose();
});

test("every gradient of MiniLM on 32 sentences is that of transformers", { skip: withoutMiniLM }, () => {
  const golden = new GoldenTensors("minilm_gradients.safetensors");
  const described = goldenJson<{
    loss: number;
    parameters: Record<string, { shape: number[]; norm: number; stride: number }>;
  }>("minilm_gradients.json");
  const network = loadMiniLM(golden);
  const parameters = new FlatParameters(network.namedParameters());
  parameters.allocateGradients();
  scope(() => {
    const loss = crossEntropy(
      logitsOf(network, inputOf(golden.sequences())),
      golden.tensor("labels").to("int64", DEVICE),
    );
    assertClose([loss.item()], [described.loss], { absolute: 1e-6 }, "loss");
    loss.backward();
  });

  const gradients = gradientsOf(network, parameters);
  assert.deepEqual([...gradients.keys()].sort(), Object.keys(described.parameters).sort());
  for (const [name, { shape, stride, norm: expectedNorm }] of Object.entries(described.parameters)) {
    const gradient = gradients.get(name)!;
    const expected = golden.values(`grad.${name}`);
    const rows = golden.names().includes(`rows.${name}`) ? golden.values(`rows.${name}`) : null;
    const sample = stridedSample(rows ? rowsOf(gradient, rows, shape[1]!) : gradient, stride);
    if (name.endsWith("self.key.bias")) {
      assertClose(gradient, new Float64Array(gradient.length), { absolute: 1e-7 }, name); // zero but for rounding
      continue;
    }
    const error = relativeError(sample, expected);
    assert.ok(error < 1e-4, `${name}: ${error}`);
    // The whole norm, so that nothing lies outside the sample or the rows.
    assertClose([norm(gradient)], [expectedNorm], { relative: 1e-5 }, `norm of the gradient of ${name}`);
  }
  parameters.dispose();
});

function rowsOf(values: Float64Array, rows: Float64Array, width: number): Float64Array {
  return Float64Array.from([...rows].flatMap((row) => [...values.subarray(row * width, (row + 1) * width)]));
}
