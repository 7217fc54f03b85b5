import { noGrad } from "../tensor/autograd.js";
import { stack, tensor, where, zeros } from "../tensor/create.js";
import { native } from "../tensor/native.js";
import { keep, scope } from "../tensor/scope.js";
import { Tensor } from "../tensor/tensor.js";
import type { FlatParameters } from "./flat-parameters.js";
import { unitScale } from "./gradient-scale.js";
import { type Moments, type Optimizer, zeroBuffers } from "./optimizer.js";
import { checkLearningRate, optimizerSettings } from "./optimizer-settings.js";
import { gradientOf, type ParameterGroup } from "./parameter-group.js";
import { type OptimizerShard, refreshWeight, type Slice, sliceOf, wholeShard } from "./shard.js";

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
  readonly #segments: readonly Segments[];
  /** Of each segment the factor of its learning rate, and 1 where it has a trust ratio, else 0; float64 [S]. */
  readonly #rateScales: Tensor;
  readonly #haveRatios: Tensor;

  constructor(
    parameters: FlatParameters,
    options: LambOptions = {},
    shard: OptimizerShard = wholeShard(parameters),
  ) {
    const defaults = { weightDecay: 0.01, beta1: 0.9, beta2: 0.999, eps: 1e-6 };
    this.#options = optimizerSettings(defaults, options);
    parameters.allocateGradients();
    const { groups, device } = parameters;
    this.#shard = shard;
    this.#updates = zeroBuffers(shard.slices);
    this.#segments = segmentsOf(shard.slices, groups);
    const ofEachSegment = (of: (group: ParameterGroup) => number) => {
      const values = groups.flatMap((group) => beginsOf(group).map(() => of(group)));
      return keep(tensor(values, { dtype: "float64", device }));
    };
    this.#rateScales = ofEachSegment(({ learningRateScale }) => learningRateScale);
    this.#haveRatios = ofEachSegment(({ decays }) => Number(decays));
    this.buffers = { expAvg: zeroBuffers(shard.slices), expAvgSq: zeroBuffers(shard.slices) };
  }

  step(learningRate: number, gradientScale?: Tensor): void {
    checkLearningRate(learningRate);
    this.steps++;
    noGrad(() =>
      scope(() => {
        const { slices } = this.#shard;
        const scale = gradientScale ?? unitScale(this.#rateScales.device);
        const rates = this.#rates(learningRate);
        for (const index of slices.keys()) this.#direction(index, rates.narrow(0, 1, 3), scale);
        const rate = where(scale.isFinite(), rates.select(0, 0), 0); // nothing may change where gradients are not finite
        const factors = this.#trustRatios().mul(this.#rateScales).mul(rate); // [S]
        for (const [index, slice] of slices.entries()) {
          const { first, count, offsets } = this.#segments[index]!;
          native.addScaledSegments_(
            sliceOf(slice.group.master, slice).handle,
            this.#updates[index]!.handle,
            offsets.handle,
            factors.narrow(0, first, count).handle,
          );
          refreshWeight(slice);
        }
      }),
    );
  }

  /** What changes with the update, on the weights' device: the learning rate, and what `adamw_` takes; float64 [1 + 3]. */
  #rates(learningRate: number): Tensor {
    const { beta1, beta2 } = this.#options;
    const rates = Float64Array.of(learningRate, 1, 1 - beta1 ** this.steps, 1 - beta2 ** this.steps);
    return tensor(rates, { device: this.#rateScales.device });
  }

  /** update = -(m̂ / (√v̂ + eps) + weightDecay · w), with the moments moved on. */
  #direction(index: number, rates: Tensor, gradientScale: Tensor): void {
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
        rates.handle,
        1,
        beta1,
        beta2,
        eps,
        0,
        gradientScale.handle,
        false,
      );
      if (group.decays) update.add_(sliceOf(group.master, slice).mul(-weightDecay));
    });
  }

  /** ‖w‖ / ‖update‖ of each segment over all ranks' shares, or 1 where one of them is zero; float64 [S]. */
  #trustRatios(): Tensor {
    const masters = this.#shard.slices.map((slice) => sliceOf(slice.group.master, slice));
    const all = [masters, this.#updates, this.buffers.expAvgSq];
    const sums = stack(all.map((buffers) => this.#sumsOfSquares(buffers))); // [3, S]
    this.#shard.sum(sums);
    const [weights, updates, moments] = [sums.select(0, 0), sums.select(0, 1), sums.select(0, 2)];
    const hasRatio = weights.mul(updates).mul(this.#haveRatios).gt(0);
    const ratio = where(hasRatio, weights.div(updates).sqrt(), 1);
    // A head that the objective does not use has no gradient: decay alone, scaled up, would wear it away.
    return where(moments.eq(0), 0, ratio);
  }

  /** Of what this rank counts of each segment; float64 [S]. */
  #sumsOfSquares(buffers: readonly Tensor[]): Tensor {
    const { shape, device } = this.#rateScales;
    const sums = zeros(shape, { dtype: "float64", device });
    for (const [index, { isCounted }] of this.#shard.slices.entries()) {
      if (!isCounted) continue;
      const { first, count, offsets } = this.#segments[index]!;
      const own = new Tensor(native.segmentSumsOfSquares(buffers[index]!.handle, offsets.handle));
      sums.narrow(0, first, count).add_(own);
    }
    return sums;
  }

  /** Frees the buffers. */
  dispose(): void {
    for (const buffer of [...Object.values(this.buffers).flat(), ...this.#updates]) buffer.dispose();
    for (const { offsets } of this.#segments) offsets.dispose();
    this.#rateScales.dispose();
    this.#haveRatios.dispose();
  }
}

/** The segments of a slice's group among those of all groups, and where they lie in the slice: some may be empty there. */
interface Segments {
  first: number;
  count: number;
  /** int64 [count + 1] */
  offsets: Tensor;
}

function segmentsOf(slices: readonly Slice[], groups: readonly ParameterGroup[]): Segments[] {
  return slices.map(({ group, start, length }) => {
    const before = groups.slice(0, groups.indexOf(group));
    const first = before.reduce((sum, one) => sum + beginsOf(one).length, 0);
    const bounds = [...beginsOf(group), group.master.size];
    const inSlice = bounds.map((bound) => Math.min(Math.max(bound - start, 0), length));
    const { device } = group.master;
    return { first, count: bounds.length - 1, offsets: keep(tensor(inSlice, { dtype: "int64", device })) };
  });
}

/**
 * Where a group's segments begin. Each is a matrix as a checkpoint knows it, part of a stacked parameter or all of one, with the
 * zeros behind it. Biases and LayerNorm are neither decayed nor scaled, as in the authors' code
 * (exclude_from_layer_adaptation): a group of them is one segment.
 */
function beginsOf({ decays, slots }: ParameterGroup): number[] {
  if (!decays) return [0];
  return slots.flatMap(({ offset, size, parameter: { stacked } }) =>
    Array.from({ length: stacked }, (_, part) => offset + (part * size) / stacked),
  );
}
