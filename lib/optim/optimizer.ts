import { zeros } from "../tensor/create.js";
import { keep } from "../tensor/scope.js";
import type { Tensor } from "../tensor/tensor.js";
import type { Slice } from "./shard.js";

/** What the training loop, and a snapshot of a run, need of an optimizer. */
export interface Optimizer {
  /** Updates made; with the buffers it is all that an optimizer remembers. */
  steps: number;
  /** What it keeps for every parameter, by name: one flat float32 buffer for each slice of its shard. */
  readonly buffers: Readonly<Record<string, readonly Tensor[]>>;

  /**
   * One update from the gradients as they lie in the parameters' buffers.
   *
   * @param gradientScale float32 [] on the gradients' device: multiplies each gradient first, for clipping. Where it is
   *   not finite, weights and buffers stay as they are. Default: 1
   * @param isLastUse whether nobody needs the gradients any more but to zero them, which an optimizer may do on its way. Default:
   *   false
   */
  step(learningRate: number, gradientScale?: Tensor, isLastUse?: boolean): void;

  /** Frees the buffers. */
  dispose(): void;
}

/** What Adam and LAMB keep of the gradients, by PyTorch's names: one flat float32 buffer for each slice of the shard. */
export type Moments = Readonly<{
  /** The running mean of each gradient: m. */
  expAvg: readonly Tensor[];
  /** The running mean of its square: v. */
  expAvgSq: readonly Tensor[];
}>;

/** New buffers of zeros, one as long as each slice. The caller disposes them. */
export function zeroBuffers(slices: readonly Slice[]): Tensor[] {
  return slices.map(({ group, length }) => keep(zeros([length], { device: group.master.device })));
}
