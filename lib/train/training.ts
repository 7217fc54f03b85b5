import type { DataParallel } from "../distributed/data-parallel.js";
import type { FlatParameters } from "../optim/flat-parameters.js";
import type { Optimizer } from "../optim/optimizer.js";
import type { Tensor } from "../tensor/tensor.js";
import type { Counts, Totals } from "./totals.js";
import type { WeightSnapshot } from "./weight-snapshot.js";

/** What CUDA graphs need of a training: losses that are made of tensors alone, in the same way for all batches of one shape. */
export interface Capturable<Batch, Inputs = unknown> {
  /** A batch of the same loss that has the shape of many others; null where there is none, and for a batch that is large. */
  rounded(batch: Batch): Batch | null;
  /** What batches have in common whose losses are made by the same operations. */
  shapeOf(batch: Batch): string;
  /** What the loss reads of a batch, in new tensors on the device. */
  upload(batch: Batch): Inputs;
  /** Copies what it reads of another batch of the same shape into those tensors. */
  copy(batch: Batch, inputs: Inputs): void;
  /** Those tensors. */
  tensorsOf(inputs: Inputs): Tensor[];
  /** As `Training.loss`. */
  loss(inputs: Inputs, totals: Totals): Tensor;
}

/** What a task gives the training loop. The loop knows neither the model nor what a batch holds. */
export interface Training<Batch> {
  /** What is trained. */
  parameters: FlatParameters;
  /** What makes the updates. */
  optimizer: Optimizer;
  /** The rate of an update. @param step updates made so far, from 0 */
  learningRate(step: number): number;
  /** Updates that the run has made already, where it continues another. Default: 0. */
  firstStep?: number;
  /** Keeps the weights to go back to when training diverges. The caller disposes it. Default: one of the loop's own */
  lastGood?: WeightSnapshot;
  /** The updates from there on, each a list of micro-batches whose gradients are added up. */
  updates: Iterable<Batch[]> | AsyncIterable<Batch[]>;
  /** What `loss` divides by, such as the rows of the batch: it is added up over the update's micro-batches. */
  counts(batch: Batch): Counts;
  /**
   * Called before an update's losses, on every rank, for losses that look at all of its rows.
   *
   * @param restartDropout makes the next forward pass drop what the next loss will
   */
  prepareUpdate?(batches: readonly Batch[], restartDropout: () => void): void;
  /**
   * The batch's share of the update's loss, shape [] or [lossParts]: each kind's sum divided by that kind's total over
   * the whole update, so that the shares add up to the mean however the update is cut.
   */
  loss(batch: Batch, totals: Totals): Tensor;
  /** What gives the same losses to CUDA graphs. Default: there are no graphs */
  capturable?: Capturable<Batch>;
  /** How many parts `loss` gives, which add up to the loss. Default: the loss alone. */
  lossParts?: number;
  /** Largest norm of the gradient; a longer one is scaled down to it. */
  maxGradNorm: number;
  /** Keep only what goes into each layer, and compute the rest again in backward: less memory, up to a third more time. */
  gradientCheckpointing?: boolean;
  /** With the update's number, the source of every dropout mask. */
  seed: number;
  /** Ends the loop between updates, with its reason. */
  signal?: AbortSignal;
  /**
   * Whether a report is due after this many updates, on this one and those before it: a GPU computes ahead, and to read a
   * loss is to wait for it. Default: after each
   */
  isReportDue?(step: number): boolean;
  /** The run's other processes: what each of them counts and computes is added up. */
  ranks?: DataParallel;
}
