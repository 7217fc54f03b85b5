import { zeros } from "../tensor/create.js";
import { native } from "../tensor/native.js";
import { keep } from "../tensor/scope.js";
import type { Tensor } from "../tensor/tensor.js";
import { type FlatParameters, gradientOf, type ParameterGroup } from "./flat-parameters.js";

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

interface Moments {
  group: ParameterGroup;
  expAvg: Tensor;
  expAvgSq: Tensor;
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
export class AdamW {
  readonly #options: Required<AdamWOptions>;
  readonly #moments: readonly Moments[];
  #steps = 0;

  constructor(parameters: FlatParameters, options: AdamWOptions = {}) {
    this.#options = {
      weightDecay: 0.01,
      beta1: 0.9,
      beta2: 0.999,
      eps: 1e-8,
      biasCorrection: true,
      ...options,
    };
    parameters.allocateGradients();
    this.#moments = parameters.groups.map((group) => ({
      group,
      expAvg: keep(zeros(group.master.shape, { device: group.master.device })),
      expAvgSq: keep(zeros(group.master.shape, { device: group.master.device })),
    }));
  }

  /**
   * One update from the gradients as they lie in the buffers.
   *
   * @param gradientScale multiplies each gradient first: 1 / (number of examples), clipping
   */
  step(learningRate: number, gradientScale = 1): void {
    this.#steps++;
    const { beta1, beta2, eps, weightDecay, biasCorrection } = this.#options;
    const correction = (beta: number) => (biasCorrection ? 1 - beta ** this.#steps : 1);
    for (const { group, expAvg, expAvgSq } of this.#moments) {
      native.adamw_(
        group.master.handle,
        group.weight.handle,
        gradientOf(group).handle,
        expAvg.handle,
        expAvgSq.handle,
        learningRate,
        beta1,
        beta2,
        eps,
        group.decays ? weightDecay : 0,
        correction(beta1),
        correction(beta2),
        gradientScale,
      );
    }
  }

  dispose(): void {
    for (const { expAvg, expAvgSq } of this.#moments) {
      expAvg.dispose();
      expAvgSq.dispose();
    }
  }
}
