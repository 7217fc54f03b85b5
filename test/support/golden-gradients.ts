import assert from "node:assert/strict";
import type { GoldenTensors } from "./golden.js";
import { assertClose, relativeError } from "./tolerance.js";

/**
 * Compares every gradient with those that a golden file has under `grad.`, by the checkpoint's names: none is missing,
 * none is too much.
 *
 * Rounding moves gradients by less than 3e-6 of their norm (test/golden/README.md). The softmax does not see a key's bias:
 * its gradient is zero but for rounding, on both sides.
 *
 * @param options.keyBias how large that rounding may be: it grows with the loss
 */
export function assertGoldenGradients(
  gradients: ReadonlyMap<string, Float64Array>,
  golden: GoldenTensors,
  { keyBias = 1e-7 } = {},
): void {
  const stored = golden.names().filter((name) => name.startsWith("grad."));
  assert.deepEqual([...gradients.keys()].map((name) => `grad.${name}`).sort(), stored.sort());
  for (const [name, gradient] of gradients) {
    const expected = golden.values(`grad.${name}`);
    if (/\.(self\.key|k_lin)\.bias$/.test(name)) assertClose(gradient, expected, { absolute: keyBias }, name);
    else assert.ok(relativeError(gradient, expected) < 1e-5, `${name}: ${relativeError(gradient, expected)}`);
  }
}
