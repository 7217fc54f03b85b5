import type { Parameter } from "../nn/module.js";
import type { Tensor } from "../tensor/tensor.js";

/** Where a parameter lies in its group's buffers. */
export interface ParameterSlot {
  /** The parameter's, as the model's `namedParameters()` has it. */
  name: string;
  /** A view of the group's `weight`. */
  parameter: Parameter;
  /** Its own shape; in the buffers its numbers lie in a row. */
  shape: readonly number[];
  /** Its first number in the buffers. */
  offset: number;
  /** How many numbers it has. */
  size: number;
  /** Its number among the model's parameters, from the input on: backward comes to it in the opposite order. */
  order: number;
}

/** Parameters that share one rule of weight decay and of learning rate, in flat buffers of one length. */
export interface ParameterGroup {
  /** Whether weight decay pulls at them: not at biases and LayerNorm. */
  decays: boolean;
  /** Multiplies the learning rate. */
  learningRateScale: number;
  /** The parameters, in the order in which they lie. */
  slots: ParameterSlot[];
  /** The weights that the optimizer updates, float32. */
  master: Tensor;
  /** The weights that the model computes with; the same tensor as `master` where the model computes in float32. */
  weight: Tensor;
  /** What backward adds to, of `weight`'s dtype. Null until `allocateGradients`. */
  gradient: Tensor | null;
  /** float32 sum over micro-batches, where `gradient` would round each addition. Null until `collectGradients`. */
  gradientSum: Tensor | null;
  /** Whether the update's gradient is `gradientSum`: it was collected since gradients were last zeroed. */
  isCollected: boolean;
  /** Whether an optimizer has zeroed the update's gradient already. */
  isZeroed: boolean;
}

/** Whether the model computes with a narrower copy of the weights than the optimizer updates. */
export function isRounded({ weight, master }: ParameterGroup): boolean {
  return weight !== master;
}

/** Elements: every slot starts at a multiple of 64 bytes, also in bfloat16: matrix kernels read aligned rows faster. */
export const ALIGNMENT = 32;

/** The gradient of a whole update. */
export function gradientOf({ gradient, gradientSum, isCollected }: ParameterGroup): Tensor {
  return isCollected ? gradientSum! : gradient!;
}
