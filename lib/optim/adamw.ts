import { tensor } from "../tensor/create.js";
import { native } from "../tensor/native.js";
import { scope } from "../tensor/scope.js";
import type { Tensor } from "../tensor/tensor.js";
import type { FlatParameters } from "./flat-parameters.js";
import { unitScale } from "./gradient-scale.js";
import { type Moments, type Optimizer, zeroBuffers } from "./optimizer.js";
import { checkLearningRate, optimizerSettings } from "./optimizer-settings.js";
import { gradientOf } from "./parameter-group.js";
import { type OptimizerShard, type Slice, sliceOf, wholeShard } from "./shard.js";

/** Settings of `AdamW`. */
export interface AdamWOptions {
  /** Decoupled decay per unit of learning rate, for all but biases and LayerNorm. Default 0.01. */
  weightDecay?: number;
  /** Default 0.9. */
  beta1?: number;
  /** Default 0.999. */
  beta2?: number;
  /** Default 1e-8; the paper's code has 1e-6. */
  eps?: number;
  /** Divide the moments by 1 - betaᵗ, as Adam does and the paper's code does not. Default true. */
  biasCorrection?: boolean;
}

/**
 * AdamW (Loshchilov & Hutter, 2019), as PyTorch computes it; with `biasCorrection: false` and `eps: 1e-6` it is the
 * optimizer of the paper's code (google-research/bert, optimization.py).
 *
 * ```ts
 * const parameters = new FlatParameters(model.namedParameters());
 * const optimizer = new AdamW(parameters, { weightDecay: 0.01 });
 * loss.backward();
 * optimizer.step(2e-5);
 * parameters.zeroGradients();
 * ```
 */
export class AdamW implements Optimizer {
  steps = 0;
  readonly buffers: Moments;
  readonly #options: Required<AdamWOptions>;
  readonly #slices: readonly Slice[];
  readonly #device: string;

  constructor(
    parameters: FlatParameters,
    options: AdamWOptions = {},
    { slices }: OptimizerShard = wholeShard(parameters),
  ) {
    const defaults = { weightDecay: 0.01, beta1: 0.9, beta2: 0.999, eps: 1e-8, biasCorrection: true };
    this.#options = optimizerSettings(defaults, options);
    parameters.allocateGradients();
    this.#slices = slices;
    this.#device = parameters.device;
    this.buffers = { expAvg: zeroBuffers(slices), expAvgSq: zeroBuffers(slices) };
  }

  step(learningRate: number, gradientScale?: Tensor, isLastUse = false): void {
    checkLearningRate(learningRate);
    this.steps++;
    scope(() => {
      const rates = this.#rates(learningRate);
      const scale = gradientScale ?? unitScale(rates.device);
      for (const [index, slice] of this.#slices.entries()) {
        const { group } = slice;
        const zeroes = isLastUse && slice.length === group.master.size; // of a part, the rest is still to be zeroed
        this.#updateSlice(slice, index, { rates, scale, zeroes });
        group.isZeroed = zeroes;
      }
    });
  }

  /** What changes with the update, on the weights' device: the learning rate and both bias corrections, float64 [3]. */
  #rates(learningRate: number): Tensor {
    const { beta1, beta2, biasCorrection } = this.#options;
    const correction = (beta: number) => (biasCorrection ? 1 - beta ** this.steps : 1);
    const rates = Float64Array.of(learningRate, correction(beta1), correction(beta2));
    return tensor(rates, { device: this.#device });
  }

  #updateSlice(
    slice: Slice,
    index: number,
    { rates, scale, zeroes }: { rates: Tensor; scale: Tensor; zeroes: boolean },
  ): void {
    const { beta1, beta2, eps, weightDecay } = this.#options;
    const { group } = slice;
    native.adamw_(
      sliceOf(group.master, slice).handle,
      sliceOf(group.weight, slice).handle,
      sliceOf(gradientOf(group), slice).handle,
      this.buffers.expAvg[index]!.handle,
      this.buffers.expAvgSq[index]!.handle,
      rates.handle,
      group.learningRateScale,
      beta1,
      beta2,
      eps,
      group.decays ? weightDecay : 0,
      scale.handle,
      zeroes,
    );
  }

  /** Frees the buffers. */
  dispose(): void {
    for (const buffer of Object.values(this.buffers).flat()) buffer.dispose();
  }
}
