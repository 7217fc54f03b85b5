import type { DType } from "../tensor/dtype.js";
import { native } from "../tensor/native.js";
import { handleOf, Tensor } from "../tensor/tensor.js";
import { INITIALIZER_RANGE, weightParameter, zerosParameter } from "./init.js";
import { Module, type Parameter } from "./module.js";

/** `x Wᵀ + b`: x [..., inFeatures] → [..., outFeatures]. */
export class Linear extends Module {
  /** [outFeatures, inFeatures] */
  readonly weight: Parameter;
  /** [outFeatures] */
  readonly bias: Parameter;

  /** @param dtype of the parameters, in whatever the rest of a model computes. Default: that of the rest */
  constructor(inFeatures: number, outFeatures: number, std = INITIALIZER_RANGE, dtype?: DType) {
    super();
    this.weight = weightParameter([outFeatures, inFeatures], std, dtype);
    this.bias = zerosParameter([outFeatures], dtype);
  }

  /** [..., inFeatures] → [..., outFeatures] */
  forward(x: Tensor): Tensor {
    return new Tensor(native.linear(handleOf(x, "x"), this.weight.handle, this.bias.handle));
  }

  /** GELU of {@link forward}: fused, which is faster. @param approximate as of `gelu()` */
  forwardGelu(x: Tensor, approximate: "none" | "tanh"): Tensor {
    return new Tensor(
      native.linearGelu(handleOf(x, "x"), this.weight.handle, this.bias.handle, approximate === "tanh"),
    );
  }
}
