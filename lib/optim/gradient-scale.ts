import { full, ones } from "../tensor/create.js";
import { scope } from "../tensor/scope.js";
import type { Tensor } from "../tensor/tensor.js";

/**
 * What gradients are multiplied with so that their norm is at most `maxNorm`: the factor of PyTorch's clip_grad_norm_.
 * It is NaN where the loss or the norm is not finite, which tells an optimizer to change nothing. All of it is computed
 * where the gradients are: on a GPU the host does not wait for them.
 *
 * @param loss float64 [] or [parts], which add up to the loss
 * @param norm float64 []
 * @returns float32 []
 */
export function clippingScale(loss: Tensor, norm: Tensor, maxNorm: number): Tensor {
  return scope(() => {
    const longest = full([], maxNorm, { dtype: "float64", device: norm.device });
    const clip = longest.div(norm.add(1e-6)).clamp(0, 1); // the 1e-6 is PyTorch's
    const nothing = loss.sum().add(norm).mul(0); // NaN where one of them is not finite
    return clip.add(nothing).to("float32");
  });
}

/** The scale that leaves gradients on this device as they are. */
export function unitScale(device: string): Tensor {
  return ones([], { device });
}
