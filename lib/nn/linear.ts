import type { DType } from "../tensor/dtype.js";
import { native } from "../tensor/native.js";
import type { TensorHandle } from "../tensor/native-ops.js";
import { handleOf, Tensor } from "../tensor/tensor.js";
import { INITIALIZER_RANGE, weightParameter, zerosParameter } from "./init.js";
import { Module, type Parameter } from "./module.js";

/** What a layer makes of its input, and the input for a residual connection around it. */
export interface WithResidual {
  /** What the layer makes of it, [..., outFeatures]. */
  output: Tensor;
  /** The input. What comes back to it is added by the product that makes the layer's own gradient of it. */
  residual: Tensor;
}

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

  /** {@link forward}, with x to be added to what follows. @internal */
  forwardWithResidual(x: Tensor): WithResidual {
    return named(native.linearWithResidual(handleOf(x, "x"), this.weight.handle, this.bias.handle));
  }

  /** GELU of {@link forward}: fused, which is faster. @param approximate as of `gelu()` */
  forwardGelu(x: Tensor, approximate: "none" | "tanh"): Tensor {
    return new Tensor(
      native.linearGelu(handleOf(x, "x"), this.weight.handle, this.bias.handle, approximate === "tanh"),
    );
  }

  /** {@link forwardGelu}, with x to be added to what follows. @internal */
  forwardGeluWithResidual(x: Tensor, approximate: "none" | "tanh"): WithResidual {
    const { weight, bias } = this;
    const tanh = approximate === "tanh";
    return named(native.linearGeluWithResidual(handleOf(x, "x"), weight.handle, bias.handle, tanh));
  }
}

function named([output, residual]: readonly [TensorHandle, TensorHandle]): WithResidual {
  return { output: new Tensor(output), residual: new Tensor(residual) };
}
