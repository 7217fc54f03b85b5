import { groupsOf } from "../arrays.js";
import type { Parameter } from "../nn/module.js";
import { noGrad } from "../tensor/autograd.js";
import { empty, zeros } from "../tensor/create.js";
import type { DType } from "../tensor/dtype.js";
import { native } from "../tensor/native.js";
import { keep, scope } from "../tensor/scope.js";
import type { Tensor } from "../tensor/tensor.js";
import { ALIGNMENT, isRounded, type ParameterGroup, type ParameterSlot } from "./parameter-group.js";

/** Settings of `FlatParameters`. */
export interface FlatParametersOptions {
  /** What the model computes with, but for parameters of a type of their own; the optimizer's copy is float32. Default: float32 */
  dtype?: DType;
  /** Where the buffers, and with them the parameters, are to be. Default: where the parameters are */
  device?: string;
  /** The factor of a parameter's learning rate, by its name; 0 freezes it, as does `requiresGrad` false. Default: 1 for all */
  learningRateScale?: (name: string) => number;
}

/**
 * Moves a model's parameters into a few flat buffers and makes the parameters views of them, so that clipping, the
 * optimizer's update and the zeroing of gradients are one operation each instead of two hundred.
 */
export class FlatParameters {
  /** What the model computes with. */
  readonly dtype: DType;
  /** What is trained. */
  readonly groups: readonly ParameterGroup[];
  /** What is not: these record no gradient, and no optimizer sees them. */
  readonly frozen: readonly ParameterGroup[];

  constructor(named: Iterable<[string, Parameter]>, options: FlatParametersOptions = {}) {
    const { dtype = "float32", learningRateScale = () => 1 } = options;
    this.dtype = dtype;
    const members = [...named].map(([name, parameter], order) => {
      const scale = parameter.requiresGrad ? learningRateScale(name) : 0;
      return { name, parameter, order, learningRateScale: scale };
    });
    const { device = members[0]!.parameter.device } = options;
    const groups = grouped(members, dtype).map((own) => flatten(own, dtype, device));
    this.groups = groups.filter((group) => group.learningRateScale !== 0);
    this.frozen = groups.filter((group) => group.learningRateScale === 0);
    for (const { slots } of this.frozen) for (const { parameter } of slots) parameter.requiresGrad = false;
  }

  /** Number of all weights. */
  get size(): number {
    const slots = this.#all.flatMap((group) => group.slots);
    return slots.reduce((sum, { size }) => sum + size, 0);
  }

  /** Where the buffers are. */
  get device(): string {
    return this.#all[0]!.master.device;
  }

  get #all(): ParameterGroup[] {
    return [...this.groups, ...this.frozen];
  }

  /** Gives every trained parameter a gradient that is a view of its group's gradient buffer, zeroed. */
  allocateGradients(): void {
    for (const group of this.groups) {
      const { shape, dtype, device } = group.weight;
      group.gradient ??= keep(zeros(shape, { dtype, device }));
      for (const slot of group.slots) {
        using view = viewOf(group.gradient, slot);
        slot.parameter.grad = view;
      }
    }
  }

  /**
   * After each of several micro-batches of one update: moves bfloat16 gradients into a float32 sum, so that the
   * hundredth micro-batch still counts. With float32 gradients backward itself keeps that sum.
   */
  collectGradients(): void {
    this.allocateGradientSums();
    for (const group of this.groups) {
      if (!isRounded(group)) continue;
      group.gradientSum!.add_(group.gradient!);
      group.gradient!.fill_(0);
      group.isCollected = true;
    }
  }

  /** Makes room for what `collectGradients` sums up. */
  allocateGradientSums(): void {
    for (const group of this.groups) {
      if (!isRounded(group)) continue;
      group.gradientSum ??= keep(zeros(group.gradient!.shape, { device: group.gradient!.device }));
    }
  }

  /** Makes every gradient 0. */
  zeroGradients(): void {
    for (const group of this.groups) {
      if (!group.isZeroed) {
        group.gradient?.fill_(0);
        if (group.isCollected) group.gradientSum!.fill_(0);
      }
      group.isCollected = group.isZeroed = false;
    }
  }

  /** Gives back the gradients' memory: training is over. */
  freeGradients(): void {
    for (const group of this.groups) {
      for (const { parameter } of group.slots) parameter.grad = null;
      group.gradient?.dispose();
      group.gradientSum?.dispose();
      group.gradient = group.gradientSum = null;
      group.isCollected = group.isZeroed = false;
    }
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
      for (const group of this.#all) if (isRounded(group)) group.weight.copy_(group.master);
    });
  }

  #point(buffer: "master" | "weight"): void {
    for (const group of this.#all) {
      if (!isRounded(group)) continue;
      for (const slot of group.slots) pointAt(slot, group[buffer]);
    }
  }

  /** Frees the buffers and, with them, the model's parameters. */
  dispose(): void {
    this.freeGradients();
    for (const group of this.#all) {
      group.weight.dispose();
      group.master.dispose();
      for (const { parameter } of group.slots) parameter.dispose();
    }
  }
}

type Member = Pick<ParameterSlot, "name" | "parameter" | "order"> & { learningRateScale: number };

/** Parameters that can share a group, in the order in which the first of each comes; those that decay first. */
function grouped(members: readonly Member[], dtype: DType): Member[][] {
  const decaysOf = ({ parameter }: Member) => Number(parameter.decays);
  const ruleOf = (member: Member) =>
    `${decaysOf(member)} ${member.learningRateScale} ${member.parameter.ownDtype ?? dtype}`;
  return groupsOf(
    [...members].sort((a, b) => decaysOf(b) - decaysOf(a)),
    ruleOf,
  );
}

function flatten(members: readonly Member[], dtype: DType, device: string): ParameterGroup {
  let offset = 0;
  const slots = members.map(({ name, parameter, order }) => {
    const slot = { name, parameter, shape: parameter.shape, offset, size: parameter.size, order };
    offset += Math.ceil(slot.size / ALIGNMENT) * ALIGNMENT;
    return slot;
  });
  return noGrad(() => {
    const master = keep(zeros([offset], { device }));
    for (const slot of slots) {
      using view = viewOf(master, slot);
      view.copy_(slot.parameter);
    }
    const { parameter, learningRateScale } = members[0]!;
    const own = parameter.ownDtype ?? dtype;
    const weight = own === "float32" ? master : keep(empty([offset], { dtype: own, device }).copy_(master));
    for (const slot of slots) pointAt(slot, weight);
    const rule = { decays: parameter.decays, learningRateScale };
    return {
      ...rule,
      slots,
      master,
      weight,
      gradient: null,
      gradientSum: null,
      isCollected: false,
      isZeroed: false,
    };
  });
}

function viewOf(buffer: Tensor, { offset, size, shape }: ParameterSlot): Tensor {
  return scope(() => buffer.narrow(0, offset, size).reshape(shape));
}

function pointAt(slot: ParameterSlot, buffer: Tensor): void {
  using view = viewOf(buffer, slot);
  native.setData(slot.parameter.handle, view.handle);
}
