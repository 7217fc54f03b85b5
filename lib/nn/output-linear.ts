import type { Tensor } from "../tensor/tensor.js";
import { INITIALIZER_RANGE } from "./init.js";
import { Linear } from "./linear.js";

/**
 * A model's last layer, in float32 also where the rest computes in bfloat16, in whose eight bits the scores of many texts would be
 * equal: x [..., inFeatures] → [..., outFeatures].
 */
export class OutputLinear extends Linear {
  constructor(inFeatures: number, outFeatures: number, std = INITIALIZER_RANGE) {
    super(inFeatures, outFeatures, std, "float32");
  }

  override forward(x: Tensor): Tensor {
    return super.forward(x.to(this.weight.dtype));
  }
}
