import { chooseCompute } from "../lib/tensor/compute.js";
import { randn } from "../lib/tensor/create.js";
import { scope } from "../lib/tensor/scope.js";
import type { Tensor } from "../lib/tensor/tensor.js";

const [ROUNDS, PRODUCTS] = [5, 10];

/** Floating-point operations a second of square matrix products: the best of some rounds, after one that does not count. */
export function matrixRate(wanted: string, dtype: "float32" | "bfloat16"): number {
  const { device } = chooseCompute({ device: wanted, dtype });
  const size = device === "cpu" ? 2048 : 8192;
  return scope(() => {
    const x = randn([size, size], { device }).to(dtype);
    const rounds = Array.from({ length: ROUNDS + 1 }, () => secondsOf(() => scope(() => x.matmul(x))));
    return (2 * size ** 3) / Math.min(...rounds.slice(1));
  });
}

/** Of one product, from several that a device may take at once. */
function secondsOf(product: () => Tensor): number {
  wait(product());
  const start = performance.now();
  for (let index = 1; index < PRODUCTS; index++) product().dispose();
  wait(product());
  return (performance.now() - start) / 1000 / PRODUCTS;
}

/** A device answers in order: whoever has an element of a result has waited for all before it. */
function wait(result: Tensor): void {
  scope(() => result.narrow(0, 0, 1).narrow(1, 0, 1).item());
  result.dispose();
}
