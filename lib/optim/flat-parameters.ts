import type { Parameter } from "../nn/module.js";
import { noGrad } from "../tensor/autograd.js";
import { empty, full, zeros } from "../tensor/create.js";
import type { DType } from "../tensor/dtype.js";
import { native } from "../tensor/native.js";
import { keep, scope } from "../tensor/scope.js";
import { Tensor } from "../tensor/tensor.js";
import { everythingOf, type Share, stretchOf } from "./share.js";

/** A parameter's place in its group's buffers. */
export interface Segment {
  name: string;
  parameter: Parameter;
  shape: readonly number[];
  offset: number;
  size: number;
  /** Its number among the model's parameters, from the input on: backward comes to it in the opposite order. */
  place: number;
}

/** Parameters that share one rule of weight decay and of learning rate, in flat buffers of one length. */
export interface ParameterGroup {
  decays: boolean;
  /** Multiplies the learning rate. */
  learningRateScale: number;
  segments: Segment[];
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
}

/** Elements: every segment starts at a multiple of 64 bytes, also in bfloat16: matrix kernels read aligned rows faster. */
export const ALIGNMENT = 32;

/** Weight decay leaves biases and LayerNorm alone (google-research/bert, optimization.py). */
export function decays(name: string): boolean {
  return !name.endsWith("bias") && !name.includes("LayerNorm");
}

/**
 * Moves a model's parameters into a few flat buffers and makes the parameters views of them, so that clipping, the
 * optimizer's update and the zeroing of gradients are one operation each instead of two hundred.
 */
export class FlatParameters {
  /** What is trained. */
  groups: readonly ParameterGroup[] = [];
  /** What is not: these record no gradient, and no optimizer sees them. */
  frozen: readonly ParameterGroup[] = [];

  /**
   * @param dtype what the model computes with; the optimizer's copy is float32 in any case
   * @param scaleOf the factor of a parameter's learning rate, by its name; 0 freezes it. Default: 1 for all
   * @param device where the buffers, and with them the parameters, are to be. Default: where the parameters are
   */
  constructor(
    named: Iterable<[string, Parameter]>,
    readonly dtype: DType = "float32",
    scaleOf: (name: string) => number = () => 1,
    device?: string,
  ) {
    const members = [...named].map(([name, parameter], place) => ({ name, parameter, place }));
    this.#group(members, scaleOf, device);
  }

  /** Gives each parameter another learning rate, or freezes it: before there are gradients and optimizers. */
  regroup(scaleOf: (name: string) => number): void {
    const before = this.#all;
    this.#point("master");
    const members = before.flatMap(({ segments }) => segments);
    this.#group(members, scaleOf);
    for (const { weight, master } of before) {
      weight.dispose();
      master.dispose();
    }
  }

  #group(
    members: readonly Member[],
    scaleOf: (name: string) => number,
    device = members[0]!.parameter.device,
  ): void {
    const groups = groupMembers(members, scaleOf).map((own) => flatten(own, this.dtype, scaleOf, device));
    this.groups = groups.filter(({ learningRateScale }) => learningRateScale !== 0);
    this.frozen = groups.filter(({ learningRateScale }) => learningRateScale === 0);
    for (const { learningRateScale, segments } of groups)
      for (const { parameter } of segments) parameter.requiresGrad = learningRateScale !== 0;
  }

  /** Number of all weights. */
  get size(): number {
    return this.#all.reduce(
      (sum, group) => sum + group.segments.reduce((n, segment) => n + segment.size, 0),
      0,
    );
  }

  get device(): string {
    return this.#all[0]!.master.device;
  }

  get #all(): ParameterGroup[] {
    return [...this.groups, ...this.frozen];
  }

  /** Gives every trained parameter a gradient that is a view of its group's gradient buffer, zeroed. */
  allocateGradients(): void {
    for (const group of this.groups) {
      group.gradient ??= keep(zeros(group.weight.shape, { dtype: this.dtype, device: group.weight.device }));
      for (const segment of group.segments) {
        using view = viewOf(group.gradient, segment);
        segment.parameter.grad = view;
      }
    }
  }

  /**
   * After each of several micro-batches of one update: moves bfloat16 gradients into a float32 sum, so that the
   * hundredth micro-batch still counts. With float32 gradients backward itself keeps that sum.
   */
  collectGradients(): void {
    if (this.dtype === "float32") return;
    this.allocateGradientSums();
    for (const group of this.groups) {
      group.gradientSum!.add_(group.gradient!);
      group.gradient!.fill_(0);
      group.isCollected = true;
    }
  }

  /** Makes room for what `collectGradients` sums up. */
  allocateGradientSums(): void {
    for (const group of this.groups)
      group.gradientSum ??= keep(zeros(group.gradient!.shape, { device: group.gradient!.device }));
  }

  zeroGradients(): void {
    for (const group of this.groups) {
      group.gradient?.fill_(0);
      if (group.isCollected) group.gradientSum!.fill_(0);
      group.isCollected = false;
    }
  }

  /** Gives back the gradients' memory: training is over. */
  freeGradients(): void {
    for (const group of this.groups) {
      for (const { parameter } of group.segments) parameter.grad = null;
      group.gradient?.dispose();
      group.gradientSum?.dispose();
      group.gradient = group.gradientSum = null;
      group.isCollected = false;
    }
  }

  /**
   * The Euclidean norm of all gradients together, float64 [] where they are.
   *
   * @param share what of them this process has, and how the others' parts are added; default: all
   */
  gradientNorm(share: Share = everythingOf(this)): Tensor {
    return scope(() => {
      const total = zeros([], { dtype: "float64", device: this.device });
      for (const piece of share.pieces) {
        if (!piece.isCounted) continue;
        const own = stretchOf(gradientOf(piece.group), piece);
        total.add_(new Tensor(native.sumOfSquares(own.handle)));
      }
      share.sum(total);
      if (this.device !== "cpu") return total.sqrt();
      return full([], Math.sqrt(total.item()), { dtype: "float64" }); // MKL's square root may be off in the last bit
    });
  }

  /** Runs `body` with the parameters in float32, as they were loaded or trained: what a checkpoint should store. */
  withMasters<T>(body: () => T): T {
    this.#point("master");
    try {
      return body();
    } finally {
      this.#point("weight");
    }
  }

  /** Makes the model compute with the current masters, after something wrote to them. */
  refreshWeights(): void {
    noGrad(() => {
      for (const { master, weight } of this.#all) if (weight !== master) weight.copy_(master);
    });
  }

  #point(buffer: "master" | "weight"): void {
    for (const group of this.#all) {
      if (group.weight === group.master) continue;
      for (const segment of group.segments) pointAt(segment, group[buffer]);
    }
  }

  /** Frees the buffers and, with them, the model's parameters. */
  dispose(): void {
    this.freeGradients();
    for (const group of this.#all) {
      group.weight.dispose();
      group.master.dispose();
      for (const { parameter } of group.segments) parameter.dispose();
    }
  }
}

/** The gradient of a whole update. */
export function gradientOf({ gradient, gradientSum, isCollected }: ParameterGroup): Tensor {
  return isCollected ? gradientSum! : gradient!;
}

type Member = Pick<Segment, "name" | "parameter" | "place">;

/** Parameters that can share a group, in the order in which the first of each comes; those that decay first. */
function groupMembers(members: readonly Member[], scaleOf: (name: string) => number): Member[][] {
  const groups = new Map<string, Member[]>();
  const all = [...members].sort((a, b) => Number(decays(b.name)) - Number(decays(a.name)));
  for (const member of all) {
    const key = `${decays(member.name)} ${scaleOf(member.name)}`;
    groups.set(key, [...(groups.get(key) ?? []), member]);
  }
  return [...groups.values()];
}

function flatten(
  members: readonly Member[],
  dtype: DType,
  scaleOf: (name: string) => number,
  device: string,
): ParameterGroup {
  let offset = 0;
  const segments = members.map(({ name, parameter, place }) => {
    const segment = { name, parameter, shape: parameter.shape, offset, size: parameter.size, place };
    offset += Math.ceil(segment.size / ALIGNMENT) * ALIGNMENT;
    return segment;
  });

  return noGrad(() => {
    const master = keep(zeros([offset], { device }));
    for (const segment of segments) {
      using view = viewOf(master, segment);
      view.copy_(segment.parameter);
    }
    const weight = dtype === "float32" ? master : keep(empty([offset], { dtype, device }).copy_(master));
    for (const segment of segments) pointAt(segment, weight);
    const { name } = members[0]!;
    const rule = { decays: decays(name), learningRateScale: scaleOf(name) };
    return { ...rule, segments, master, weight, gradient: null, gradientSum: null, isCollected: false };
  });
}

function viewOf(buffer: Tensor, { offset, size, shape }: Segment): Tensor {
  return scope(() => buffer.narrow(0, offset, size).reshape(shape));
}

function pointAt(segment: Segment, buffer: Tensor): void {
  using view = viewOf(buffer, segment);
  native.setData(segment.parameter.handle, view.handle);
}
