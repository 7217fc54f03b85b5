import { arange } from "../../lib/tensor/create.js";
import { scope } from "../../lib/tensor/scope.js";

/** Twenty products forward and backward; the norm of the gradient, the same on every thread. */
export function chainOfProducts(): number {
  return scope(() => {
    const weight = arange(0, 4096, { dtype: "float32" }).mul(12.9898).add(1).reshape([64, 64]).tanh().div(64);
    weight.requiresGrad = true;
    let x = weight.detach();
    for (let step = 0; step < 20; step++) x = x.matmul(weight).tanh().add(1);
    x.sum().backward();
    return weight.grad!.norm().item();
  });
}
