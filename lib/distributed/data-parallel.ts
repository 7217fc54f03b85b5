import type { FlatParameters } from "../optim/flat-parameters.js";
import { isRounded } from "../optim/parameter-group.js";
import { type OptimizerShard, type Slice, sliceOf } from "../optim/shard.js";
import { noGrad } from "../tensor/autograd.js";
import { zeros } from "../tensor/create.js";
import type { DType } from "../tensor/dtype.js";
import { native } from "../tensor/native.js";
import type { ReducerHandle } from "../tensor/native-ops.js";
import { scope } from "../tensor/scope.js";
import type { Tensor } from "../tensor/tensor.js";
import { type Chunk, chunksOf, chunksWith } from "./chunks.js";
import type { ProcessGroup } from "./group.js";

/** Settings of `DataParallel`. */
export interface DataParallelOptions {
  /**
   * Whether the ranks divide the optimizer's work and memory: each updates its part of the weights and sends it to the
   * others (ZeRO, stage 1; Rajbhandari et al., 2020).
   */
  shardOptimizer: boolean;
  /** What gradients travel as; they are summed in it, too. */
  reduceDtype: DType;
}

/** What the ranks agree on before an update. */
export interface Agreement {
  /** What all of them count, by kind, added up. */
  totals: Record<string, number>;
  /** Whether any rank wants to stop: then all do, before this update. */
  isToStop: boolean;
}

/** How long the sum of the gradients took: by the clock on CPUs, by the GPU's own there. */
export interface ReductionTime {
  /** From the first chunk's way to the last one's arrival. */
  seconds: number;
  /** Of these, what was left when backward was over: nothing else was computed meanwhile. */
  waited: number;
}

/**
 * One model on several ranks, each with its own rows of a batch: gradients are summed over the ranks, and every rank
 * makes the same update. The counts that a loss is divided by are those of all ranks, so N ranks with b rows each compute
 * what one computes with N·b.
 *
 * ```ts
 * using ranks = new DataParallel(group, parameters, { shardOptimizer: false, reduceDtype: "float32" });
 * const optimizer = new AdamW(parameters, {}, ranks);
 * await train({ parameters, optimizer, ranks, updates: ownShareOfEveryBatch(group), … });
 * ```
 */
export class DataParallel implements OptimizerShard, Disposable {
  /** What this rank's optimizer updates. */
  readonly slices: readonly Slice[];
  readonly #chunks: readonly Chunk[];
  readonly #reducer: ReducerHandle;
  #kinds: readonly string[] = []; // of what the ranks count

  constructor(
    /** The ranks that the model is on. */
    readonly group: ProcessGroup,
    /** The model's, whose gradients are summed. On each rank they are rank 0's from the beginning. */
    readonly parameters: FlatParameters,
    { shardOptimizer, reduceDtype }: DataParallelOptions,
  ) {
    const { rank, size } = group;
    this.#chunks = chunksOf(parameters.groups, { rank, size, shard: shardOptimizer });
    this.slices = this.#chunks.map(({ group: index, start, length, shard }) => ({
      group: parameters.groups[index]!,
      ...(shard ?? { start, length }),
      isCounted: shard !== null || rank === 0,
    }));
    parameters.allocateGradients();
    parameters.allocateGradientSums();
    this.#reducer = this.#newReducer(reduceDtype);
    this.#takeWeightsOfRank0();
  }

  #newReducer(reduceDtype: DType): ReducerHandle {
    const { groups } = this.parameters;
    const slots = groups.flatMap((group, index) => group.slots.map((slot) => ({ slot, index })));
    return scope(() =>
      native.newReducer(
        this.group.handle,
        this.#chunks.map((chunk) => sliceOf(groups[chunk.group]!.gradient!, chunk).handle),
        this.#chunks.map((chunk) => {
          const sum = groups[chunk.group]!.gradientSum;
          return sum && sliceOf(sum, chunk).handle;
        }),
        this.#chunks.map(({ group, shard }) => {
          const { gradient, gradientSum } = groups[group]!;
          return shard && sliceOf(gradientSum ?? gradient!, shard).handle;
        }),
        slots.map(({ slot }) => slot.parameter.handle),
        slots.map(({ slot, index }) => chunksWith(slot, index, this.#chunks)),
        reduceDtype,
      ),
    );
  }

  /** The same seed and the same files give the same weights everywhere; this is for files that are not the same. */
  #takeWeightsOfRank0(): void {
    for (const { master } of [...this.parameters.groups, ...this.parameters.frozen])
      this.group.broadcast(master, 0);
    this.parameters.refreshWeights();
  }

  /**
   * What all ranks' updates count together, and whether any of them wants to stop.
   *
   * @param counts the same kinds on every rank that has any rows of the update
   */
  agree(counts: Readonly<Record<string, number>>, wantsToStop: boolean): Agreement {
    if (this.#kinds.length === 0) this.#kinds = this.#allKinds(Object.keys(counts));
    const own = this.#kinds.map((kind) => counts[kind] ?? 0);
    const [stops, ...sums] = this.group.sum([Number(wantsToStop), ...own]);
    const totals = Object.fromEntries(this.#kinds.map((kind, index) => [kind, sums[index]!]));
    return { totals, isToStop: stops! > 0 };
  }

  /** A rank that has no rows of the first update learns from the others what is counted. */
  #allKinds(own: readonly string[]): string[] {
    const kinds = this.group.exchange("counted", JSON.stringify(own)).flatMap((text) => JSON.parse(text));
    return [...new Set<string>(kinds)].sort();
  }

  /** From here on, what backward completes is on its way at once: it is the update's last. */
  startReduction(): void {
    native.startReduction(this.#reducer);
  }

  /** Sends the rest, and waits. The parameters' gradients are now those of all ranks, or this rank's shard of them. */
  finishReduction(): void {
    this.group.during(() => native.finishReduction(this.#reducer));
    for (const group of this.parameters.groups) group.isCollected = isRounded(group);
  }

  /** The mean over the updates since it was last asked for. Waits for a GPU. */
  takeReductionTime(): ReductionTime {
    const [updates, seconds, waited] = native.takeReductionTime(this.#reducer);
    return { seconds: seconds / updates, waited: waited / updates };
  }

  /** Makes `x` its sum over the ranks' shares. */
  sum(x: Tensor): void {
    this.group.allReduce(x);
  }

  /** After the optimizer: gives every rank the weights that the others updated. */
  gatherWeights(): void {
    if (!this.#isSharded) return;
    this.#gather(this.parameters.groups.map(({ master }) => master));
    this.parameters.refreshWeights();
  }

  get #isSharded(): boolean {
    return this.#chunks.some(({ shard }) => shard !== null);
  }

  /** Completes each group's buffer, of which every rank has its own parts. */
  #gather(buffers: readonly Tensor[]): void {
    noGrad(() =>
      scope(() => {
        const works = this.#chunks.flatMap((chunk) => {
          if (chunk.shard === null) return [];
          const all = sliceOf(buffers[chunk.group]!, chunk);
          const shard = sliceOf(buffers[chunk.group]!, chunk.shard).clone();
          return [this.group.during(() => native.allGather_(this.group.handle, all.handle, shard.handle))];
        });
        for (const work of works) this.group.during(() => native.waitFor(work));
      }),
    );
  }

  /** Each group's whole buffer, from what the ranks' optimizers keep for their slices. */
  wholeBuffers(slices: readonly Tensor[]): Tensor[] {
    const whole = this.parameters.groups.map(({ master }) => zeros(master.shape, { device: master.device }));
    this.#pairs(whole, slices, (range, slice) => range.copy_(slice));
    this.#gather(whole);
    return whole;
  }

  /** The way back: puts this rank's slices of whole buffers where its optimizer keeps them. */
  takeSlices(whole: readonly Tensor[], slices: readonly Tensor[]): void {
    this.#pairs(whole, slices, (range, slice) => slice.copy_(range));
  }

  #pairs(
    whole: readonly Tensor[],
    slices: readonly Tensor[],
    body: (range: Tensor, slice: Tensor) => void,
  ): void {
    noGrad(() => {
      for (const [index, slice] of this.slices.entries()) {
        const group = this.parameters.groups.indexOf(slice.group);
        scope(() => body(sliceOf(whole[group]!, slice), slices[index]!));
      }
    });
  }

  /** Frees what the sums need. */
  [Symbol.dispose](): void {
    native.closeReducer(this.#reducer);
  }
}
