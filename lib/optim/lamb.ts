import { noGrad } from "../tensor/autograd.js";
import { full, where } from "../tensor/create.js";
import { native } from "../tensor/native.js";
import { scope } from "../tensor/scope.js";
import type { Tensor } from "../tensor/tensor.js";
import { type FlatParameters, gradientOf, type ParameterGroup } from "./flat-parameters.js";
import { unitScale } from "./gradient-scale.js";
import type { Optimizer } from "./optimizer.js";

export interface LambOptions {
  /** Decay of all weights but biases and LayerNorm. Default 0.01. */
  weightDecay?: number;
  /** Default 0.9. */
  beta1?: number;
  /** Default 0.999. */
  beta2?: number;
  /** Default 1e-6. */
  eps?: number;
}

/**
 * LAMB (You et al., 2020, algorithm 2): Adam's direction, scaled for each weight tensor to the length of that tensor,
 * which keeps very large batches stable. The scale φ is the identity.
 */
export class Lamb implements Optimizer {
  steps = 0;
  readonly buffers: { expAvg: Tensor[]; expAvgSq: Tensor[] };
  readonly #options: Required<LambOptions>;
  readonly #groups: readonly ParameterGroup[];
  /** Hold the update between its computation and its scaling. */
  readonly #updates: readonly Tensor[];

  constructor(parameters: FlatParameters, options: LambOptions = {}) {
    this.#options = { weightDecay: 0.01, beta1: 0.9, beta2: 0.999, eps: 1e-6, ...options };
    parameters.allocateGradients();
    this.#groups = parameters.groups;
    this.#updates = parameters.zeroBuffers();
    this.buffers = { expAvg: parameters.zeroBuffers(), expAvgSq: parameters.zeroBuffers() };
  }

  step(learningRate: number, gradientScale?: Tensor): void {
    this.steps++;
    noGrad(() =>
      scope(() => {
        for (const [index, group] of this.#groups.entries()) {
          const scale = gradientScale ?? unitScale(group.master.device);
          this.#direction(index, scale);
          const rate = rateOf(group, learningRate, scale);
          applyScaled(group, this.#updates[index]!, this.buffers.expAvgSq[index]!, rate);
        }
      }),
    );
  }

  /** update = -(m̂ / (√v̂ + eps) + weightDecay · w), with the moments moved on. */
  #direction(index: number, gradientScale: Tensor): void {
    const group = this.#groups[index]!;
    const update = this.#updates[index]!;
    const { beta1, beta2, eps, weightDecay } = this.#options;
    // An AdamW step of rate 1 from zero leaves the negative direction itself.
    update.fill_(0);
    native.adamw_(
      update.handle,
      update.handle,
      gradientOf(group).handle,
      this.buffers.expAvg[index]!.handle,
      this.buffers.expAvgSq[index]!.handle,
      1,
      beta1,
      beta2,
      eps,
      0,
      1 - beta1 ** this.steps,
      1 - beta2 ** this.steps,
      gradientScale.handle,
    );
    if (group.decays) scope(() => update.add_(group.master.mul(-weightDecay)));
  }

  dispose(): void {
    for (const buffer of [...Object.values(this.buffers).flat(), ...this.#updates]) buffer.dispose();
  }
}

/** The group's learning rate, float64 []; 0 where nothing may change, as the gradients are not finite. */
function rateOf({ master, learningRateScale }: ParameterGroup, learningRate: number, scale: Tensor): Tensor {
  const rate = full([], learningRate * learningRateScale, { dtype: "float64", device: master.device });
  return where(scale.isFinite(), rate, 0);
}

/**
 * w += learningRate · (‖w‖ / ‖update‖) · update, for each weight tensor that a checkpoint knows. Biases and LayerNorm
 * are neither decayed nor scaled, as in the authors' code (exclude_from_layer_adaptation).
 */
function applyScaled(group: ParameterGroup, update: Tensor, expAvgSq: Tensor, learningRate: Tensor): void {
  if (!group.decays) {
    group.master.add_(update.mul_(learningRate));
  } else {
    scaleEachTensor(group, update, expAvgSq, learningRate);
  }
  if (group.weight !== group.master) group.weight.copy_(group.master);
}

function scaleEachTensor(
  group: ParameterGroup,
  update: Tensor,
  expAvgSq: Tensor,
  learningRate: Tensor,
): void {
  for (const { offset, size, parameter } of group.segments) {
    const length = size / parameter.stacked;
    for (let part = 0; part < parameter.stacked; part++) {
      scope(() => {
        const own = (buffer: Tensor) => buffer.narrow(0, offset + part * length, length);
        const trust = trustRatio(own(group.master), own(update), own(expAvgSq));
        own(group.master).add_(own(update).mul_(trust.mul(learningRate)));
      });
    }
  }
}

/** ‖w‖ / ‖update‖, or 1 where one of them is zero; float64 []. */
function trustRatio(weight: Tensor, update: Tensor, expAvgSq: Tensor): Tensor {
  const norm = (x: Tensor) => x.norm().to("float64");
  const [weightNorm, changeNorm] = [norm(weight), norm(update)];
  const ratio = where(weightNorm.mul(changeNorm).gt(0), weightNorm.div(changeNorm), 1);
  // A head that the objective does not use has no gradient: decay alone, scaled up, would wear it away.
  return where(norm(expAvgSq).eq(0), 0, ratio);
}
