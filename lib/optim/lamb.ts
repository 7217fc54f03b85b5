import { noGrad } from "../tensor/autograd.js";
import { full, stack, where, zeros } from "../tensor/create.js";
import { native } from "../tensor/native.js";
import { scope } from "../tensor/scope.js";
import { Tensor } from "../tensor/tensor.js";
import type { FlatParameters } from "./flat-parameters.js";
import { unitScale } from "./gradient-scale.js";
import { type Moments, type Optimizer, zeroBuffers } from "./optimizer.js";
import { gradientOf, type ParameterGroup } from "./parameter-group.js";
import { type OptimizerShard, refreshWeight, sliceOf, wholeShard } from "./shard.js";

/** Settings of `Lamb`. */
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
  readonly buffers: Moments;
  readonly #options: Required<LambOptions>;
  readonly #shard: OptimizerShard;
  /** Hold the update between its computation and its scaling, for each slice. */
  readonly #updates: readonly Tensor[];
  readonly #weightTensors: readonly WeightTensor[];

  constructor(
    parameters: FlatParameters,
    options: LambOptions = {},
    shard: OptimizerShard = wholeShard(parameters),
  ) {
    this.#options = { weightDecay: 0.01, beta1: 0.9, beta2: 0.999, eps: 1e-6, ...options };
    parameters.allocateGradients();
    const { slices } = shard;
    this.#shard = shard;
    this.#updates = zeroBuffers(slices);
    this.#weightTensors = parameters.groups.filter(({ decays }) => decays).flatMap(weightTensorsOf);
    this.buffers = { expAvg: zeroBuffers(slices), expAvgSq: zeroBuffers(slices) };
  }

  step(learningRate: number, gradientScale?: Tensor): void {
    this.steps++;
    noGrad(() =>
      scope(() => {
        const { slices } = this.#shard;
        const scale = gradientScale ?? unitScale(slices[0]!.group.master.device);
        for (const index of slices.keys()) this.#direction(index, scale);
        const rateOf = (group: ParameterGroup) => safeRate(learningRate * group.learningRateScale, scale);
        // Biases and LayerNorm are neither decayed nor scaled, as in the authors' code (exclude_from_layer_adaptation).
        for (const [index, slice] of slices.entries()) {
          const change = this.#updates[index]!;
          if (!slice.group.decays) sliceOf(slice.group.master, slice).add_(change.mul_(rateOf(slice.group)));
        }
        this.#moveScaled(rateOf);
        for (const slice of slices) refreshWeight(slice);
      }),
    );
  }

  /** update = -(m̂ / (√v̂ + eps) + weightDecay · w), with the moments moved on. */
  #direction(index: number, gradientScale: Tensor): void {
    const slice = this.#shard.slices[index]!;
    const { group } = slice;
    const update = this.#updates[index]!;
    const { beta1, beta2, eps, weightDecay } = this.#options;
    // An AdamW step of rate 1 from zero leaves the negative direction itself.
    update.fill_(0);
    scope(() => {
      native.adamw_(
        update.handle,
        update.handle,
        sliceOf(gradientOf(group), slice).handle,
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
        false,
      );
      if (group.decays) update.add_(sliceOf(group.master, slice).mul(-weightDecay));
    });
  }

  /** w += learningRate · (‖w‖ / ‖update‖) · update, for each weight tensor that a checkpoint knows. */
  #moveScaled(rateOf: (group: ParameterGroup) => Tensor): void {
    const ratios = this.#trustRatios(); // [weight tensors]
    for (const [number, weightTensor] of this.#weightTensors.entries()) {
      scope(() => {
        const factor = ratios.select(0, number).mul(rateOf(weightTensor.group));
        for (const { index, slice, strip, inSlice } of this.#stripsOf(weightTensor)) {
          const change = sliceOf(this.#updates[index]!, inSlice).mul_(factor);
          sliceOf(slice.group.master, strip).add_(change);
        }
      });
    }
  }

  /** ‖w‖ / ‖update‖ of each weight tensor over all ranks' shares, or 1 where one of them is zero; float64. */
  #trustRatios(): Tensor {
    const all = this.#weightTensors;
    const weights = stack(all.map((one) => sumOfSquares(sliceOf(one.group.master, one))));
    const updates = stack(all.map((one) => this.#sumOfSquares(one, this.#updates)));
    const moments = stack(all.map((one) => this.#sumOfSquares(one, this.buffers.expAvgSq)));
    this.#shard.sum(updates);
    this.#shard.sum(moments);
    const ratio = where(weights.mul(updates).gt(0), weights.div(updates).sqrt(), 1);
    // A head that the objective does not use has no gradient: decay alone, scaled up, would wear it away.
    return where(moments.eq(0), 0, ratio);
  }

  /** Of what the shard has of a weight tensor; float64 []. */
  #sumOfSquares(weightTensor: WeightTensor, buffers: readonly Tensor[]): Tensor {
    return this.#stripsOf(weightTensor)
      .filter(({ slice }) => slice.isCounted)
      .map(({ index, inSlice }) => sumOfSquares(sliceOf(buffers[index]!, inSlice)))
      .reduce(
        (total, part) => total.add(part),
        zeros([], { dtype: "float64", device: weightTensor.group.master.device }),
      );
  }

  /** Where a weight tensor and the slices overlap, counted in the group's buffers and in the slice's own. */
  #stripsOf({ group, start, length }: WeightTensor) {
    return [...this.#shard.slices.entries()].flatMap(([index, slice]) => {
      const first = Math.max(start, slice.start);
      const end = Math.min(start + length, slice.start + slice.length);
      if (slice.group !== group || first >= end) return [];
      const strip = { start: first, length: end - first };
      return [{ index, slice, strip, inSlice: { ...strip, start: first - slice.start } }];
    });
  }

  /** Frees the buffers. */
  dispose(): void {
    for (const buffer of [...Object.values(this.buffers).flat(), ...this.#updates]) buffer.dispose();
  }
}

/** A matrix as a checkpoint knows it: part of a stacked parameter, or all of a parameter. */
interface WeightTensor {
  group: ParameterGroup;
  start: number;
  length: number;
}

function weightTensorsOf(group: ParameterGroup): WeightTensor[] {
  return group.slots.flatMap(({ offset, size, parameter: { stacked } }) => {
    const length = size / stacked;
    return Array.from({ length: stacked }, (_, part) => ({ group, start: offset + part * length, length }));
  });
}

/** The learning rate, float64 []; 0 where nothing may change, as the gradients are not finite. */
function safeRate(learningRate: number, scale: Tensor): Tensor {
  const rate = full([], learningRate, { dtype: "float64", device: scale.device });
  return where(scale.isFinite(), rate, 0);
}

/** float64 [] */
function sumOfSquares(flat: Tensor): Tensor {
  return new Tensor(native.sumOfSquares(flat.handle));
}
