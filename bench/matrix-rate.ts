import { chooseCompute } from "../lib/tensor/compute.js";
import { randn } from "../lib/tensor/create.js";
import { native } from "../lib/tensor/native.js";
import { scope } from "../lib/tensor/scope.js";
import { handleOf, Tensor } from "../lib/tensor/tensor.js";

const ROUNDS = 5;
const QUEUED = 10; // a GPU takes several products at once

/**
 * Floating-point operations a second of square matrix products: the best of some rounds, after one that does not count, with
 * LibTorch's own product and with that of our layers, which is another on some processors.
 *
 * @param size of the matrices; default: 2048, on a GPU 8192
 */
export function matrixRate(wanted: string, dtype: "float32" | "bfloat16", size?: number): number {
  const { device } = chooseCompute({ device: wanted, dtype });
  const [side, products] = device === "cpu" ? [size ?? 2048, 1] : [size ?? 8192, QUEUED];
  return scope(() => {
    const x = randn([side, side], { device }).to(dtype);
    const linear = () => new Tensor(native.linear(handleOf(x, "x"), handleOf(x, "x"), null));
    const seconds = [() => x.matmul(x), linear].map((product) => bestSecondsOf(product, products));
    return (2 * side ** 3) / Math.min(...seconds);
  });
}

function bestSecondsOf(product: () => Tensor, count: number): number {
  const rounds = Array.from({ length: ROUNDS + 1 }, () => secondsOf(product, count));
  return Math.min(...rounds.slice(1));
}

/** Of one product among some in a row. */
function secondsOf(product: () => Tensor, count: number): number {
  const start = performance.now();
  for (let index = 1; index < count; index++) product().dispose();
  wait(product());
  return (performance.now() - start) / 1000 / count;
}

/** A device answers in order: whoever has an element of a result has waited for all before it. */
function wait(result: Tensor): void {
  scope(() => result.narrow(0, 0, 1).narrow(1, 0, 1).item());
  result.dispose();
}
