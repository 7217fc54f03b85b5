import { noGrad } from "../../lib/tensor/autograd.js";
import { tensor, zeros } from "../../lib/tensor/create.js";
import { scope } from "../../lib/tensor/scope.js";
import type { Tensor } from "../../lib/tensor/tensor.js";
import { assertClose } from "./tolerance.js";

/** A function of tensors whose gradient is checked. */
export type Differentiable = (...inputs: Tensor[]) => Tensor;

/**
 * Compares the gradients of `fn` with respect to each of its float64 inputs with central differences.
 *
 * The error of a difference quotient is about step² (the third derivative) plus 1e-16 / step (rounding): some 1e-10
 * at the default step, for values near 1. Sums over a hundred elements lose two digits of that, so 1e-6 relative and
 * 1e-8 absolute leave a margin of a hundred, and a wrong formula misses by far more.
 *
 * @param step choose a large one for a function that is linear but rounds
 */
export function gradcheck(fn: Differentiable, inputs: readonly Tensor[], step = 1e-5): void {
  scope(() => {
    const leaves = inputs.map((input) => input.detach().clone());
    for (const leaf of leaves) {
      leaf.requiresGrad = true;
      leaf.grad = zeros(leaf.shape, { dtype: "float64" }); // a sparse gradient is added to it
    }
    weightedSum(fn(...leaves)).backward();
    for (const [index, leaf] of leaves.entries()) {
      const numeric = differences(fn, leaves, index, step);
      assertClose(
        leaf.grad!.toArray(),
        numeric,
        { relative: 1e-6, absolute: 1e-8 },
        `gradient of input ${index}`,
      );
    }
  });
}

/** One number from a function's output: every element counts with a weight of its own. */
function weightedSum(output: Tensor): Tensor {
  const weights = Float64Array.from({ length: output.size }, (_, index) => ((index * 7) % 16) / 8 - 0.9375);
  return output.mul(tensor(weights, { shape: output.shape })).sum();
}

function differences(fn: Differentiable, leaves: readonly Tensor[], index: number, step: number): number[] {
  const { shape } = leaves[index]!;
  const values = leaves[index]!.toArray();
  const at = (element: number, value: number) =>
    scope(() => {
      const moved = values.with(element, value);
      const inputs = leaves.map((leaf, i) => (i === index ? tensor(moved, { shape }) : leaf.detach()));
      return noGrad(() => weightedSum(fn(...inputs)).item());
    });
  return Array.from(
    values,
    (value, element) => (at(element, value + step) - at(element, value - step)) / (2 * step),
  );
}
