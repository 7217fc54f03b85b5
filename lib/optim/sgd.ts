import { expected } from "../errors.js";
import { noGrad } from "../tensor/autograd.js";
import { tensor, where } from "../tensor/create.js";
import { scope } from "../tensor/scope.js";
import type { Tensor } from "../tensor/tensor.js";
import type { FlatParameters } from "./flat-parameters.js";
import { unitScale } from "./gradient-scale.js";
import { type Optimizer, zeroBuffers } from "./optimizer.js";
import { checkLearningRate, optimizerSettings } from "./optimizer-settings.js";
import { gradientOf } from "./parameter-group.js";
import { type OptimizerShard, refreshWeight, type Slice, sliceOf, wholeShard } from "./shard.js";

/** Settings of `Sgd`. */
export interface SgdOptions {
  /** Share of the last update's direction that goes into the next. Default 0. */
  momentum?: number;
  /** Look one step of momentum ahead (Sutskever et al., 2013, section 3), which needs momentum. Default false. */
  nesterov?: boolean;
  /** Times the weight, it is added to the gradient of all but biases and LayerNorm. Default 0. */
  weightDecay?: number;
}

const DEFAULTS = { momentum: 0, nesterov: false, weightDecay: 0 };

/** Stochastic gradient descent with momentum, as PyTorch computes it. */
export class Sgd implements Optimizer {
  steps = 0;
  readonly buffers: {
    /** The direction that `momentum` carries on; no buffers without it. */
    velocity: Tensor[];
  };
  readonly #options: Required<SgdOptions>;
  readonly #slices: readonly Slice[];

  constructor(
    parameters: FlatParameters,
    options: SgdOptions = {},
    { slices }: OptimizerShard = wholeShard(parameters),
  ) {
    this.#options = optimizerSettings<Required<SgdOptions>>(DEFAULTS, options);
    const { momentum, nesterov } = this.#options;
    if (nesterov && momentum === 0)
      throw expected("a number above 0, which nesterov needs,", "momentum", momentum);
    parameters.allocateGradients();
    this.#slices = slices;
    this.buffers = { velocity: this.#options.momentum === 0 ? [] : zeroBuffers(slices) };
  }

  step(learningRate: number, gradientScale?: Tensor): void {
    checkLearningRate(learningRate);
    this.steps++;
    for (const [index, slice] of this.#slices.entries()) {
      noGrad(() =>
        scope(() => {
          const { master, learningRateScale } = slice.group;
          const { device } = master;
          const scale = gradientScale ?? unitScale(device);
          const rate = tensor(-learningRate * learningRateScale, { dtype: "float64", device }); // it changes with the update
          const change = this.#direction(slice, this.buffers.velocity[index], scale).mul(rate);
          sliceOf(master, slice).add_(where(scale.isFinite(), change, 0));
          refreshWeight(slice);
        }),
      );
    }
  }

  /** What the learning rate multiplies, with the velocity moved on. */
  #direction(slice: Slice, velocity: Tensor | undefined, scale: Tensor): Tensor {
    const { momentum, nesterov, weightDecay } = this.#options;
    const { group } = slice;
    let gradient = sliceOf(gradientOf(group), slice).to("float32").mul(scale);
    if (group.decays && weightDecay !== 0)
      gradient = gradient.add(sliceOf(group.master, slice).mul(weightDecay));
    if (velocity === undefined) return gradient;
    const moved = velocity.mul(momentum).add(gradient);
    velocity.copy_(where(scale.isFinite(), moved, velocity));
    return nesterov ? gradient.add(moved.mul(momentum)) : moved;
  }

  /** Frees the buffers. */
  dispose(): void {
    for (const buffer of this.buffers.velocity) buffer.dispose();
  }
}
