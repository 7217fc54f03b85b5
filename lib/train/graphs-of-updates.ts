import { expected } from "../errors.js";
import { CudaGraphs, type Graphs } from "../tensor/graph.js";
import { dropoutCalls, startDropoutStream } from "../tensor/random.js";
import { scope } from "../tensor/scope.js";
import { warn } from "../warn.js";
import { CapturedGradients, type RoundedChange } from "./captured-gradients.js";
import { type Change, gradientsOf, type UpdateGradients } from "./gradients.js";
import { totalsOn } from "./totals.js";
import type { Capturable, Training } from "./training.js";

/** So that a run of many shapes does not fill a GPU's memory with graphs. */
const MOST_GRAPHS = 64;
/** Where shapes do not come again, they are not remembered for ever. */
const MOST_SHAPES = 1024;

/** How far a graph's loss and norm may be from those of single launches, as a part of them: gradients are added in any order. */
const TOLERANCES = { loss: 1e-3, norm: 1e-2 };
/** A loss or norm below this one counts as this: of what has been learnt, little but rounding is left. */
const SMALL = 1e-2;

/** Where CUDA graphs may serve a training, what makes them; else undefined. */
export function graphsFor<Batch>(training: Training<Batch>): GraphsOfUpdates<Batch> | undefined {
  const { parameters, capturable, ranks, gradientCheckpointing } = training;
  const isPossible = parameters.device !== "cpu" && !ranks && !gradientCheckpointing;
  if (!isPossible || !capturable || isSwitchedOff()) return undefined;
  return new GraphsOfUpdates(training, capturable, () => new CudaGraphs(parameters.device));
}

/** For measurements. @throws ERR_OPTION */
function isSwitchedOff(): boolean {
  const { LIBBERT_CUDA_GRAPHS: value } = process.env;
  if (value !== undefined && value !== "off")
    throw expected('"off", or no value', "LIBBERT_CUDA_GRAPHS", value);
  return value === "off";
}

/**
 * The gradients of small updates from CUDA graphs: an update of a shape for the first time is computed as always, for the second time
 * it is captured, and from then on replayed. Where a graph does not give what single launches give, there are no more graphs,
 * and a warning says so.
 */
export class GraphsOfUpdates<Batch> implements Disposable {
  readonly #training: Training<Batch>;
  readonly #capturable: Capturable<Batch>;
  readonly #newGraphs: () => Graphs;
  #graphs: Graphs | null = null;
  readonly #captured = new Map<string, CapturedGradients<Batch>>();
  /** Of an update, by the shape of its batch. */
  readonly #dropoutCalls = new Map<string, number>();
  #isOff = false;

  /** @param newGraphs what captures; called once there is an update that a graph may serve */
  constructor(training: Training<Batch>, capturable: Capturable<Batch>, newGraphs: () => Graphs) {
    this.#training = training;
    this.#capturable = capturable;
    this.#newGraphs = newGraphs;
  }

  /** How many graphs there are. */
  get size(): number {
    return this.#captured.size;
  }

  /** The gradients of an update, as `updateGradients` has them; null where it is of a kind that no graph serves. */
  gradients(change: Change<Batch>): UpdateGradients | null {
    const rounded = this.#roundedOf(change);
    if (rounded === null) return null;
    const shape = this.#capturable.shapeOf(rounded.batch);
    const captured = this.#captured.get(shape);
    if (captured) return captured.gradients(rounded);
    if (!this.#isOff) {
      try {
        this.#graphs ??= this.#newGraphs(); // before the first launches: they go to the stream that is captured
        const calls = this.#dropoutCalls.get(shape);
        if (calls !== undefined && this.#captured.size < MOST_GRAPHS)
          return this.#capture(this.#graphs, rounded, shape, calls);
      } catch (error) {
        this.#giveUp((error as Error).message);
      }
    }
    return this.#launched(rounded, shape);
  }

  #roundedOf({ batches, totals, step }: Change<Batch>): RoundedChange<Batch> | null {
    const rounded = batches.length === 1 ? this.#capturable.rounded(batches[0]!) : null;
    return rounded && { batch: rounded, totals, step };
  }

  /** Kernel by kernel. */
  #launched({ batch, totals, step }: RoundedChange<Batch>, shape: string): UpdateGradients {
    const { parameters, seed } = this.#training;
    return scope(() => {
      startDropoutStream(seed, step);
      const divisors = totalsOn(parameters.device, totals);
      const inputs = this.#capturable.upload(batch);
      const gradients = gradientsOf(this.#training, () => this.#capturable.loss(inputs, divisors));
      if (this.#dropoutCalls.size < MOST_SHAPES) this.#dropoutCalls.set(shape, dropoutCalls());
      return gradients;
    });
  }

  /** @throws Error where it cannot be captured, or gives something else */
  #capture(graphs: Graphs, change: RoundedChange<Batch>, shape: string, calls: number): UpdateGradients {
    const { parameters } = this.#training;
    return scope(() => {
      const capturing = { training: this.#training, capturable: this.#capturable, graphs };
      const captured = new CapturedGradients(capturing, change, calls);
      this.#captured.set(shape, captured);
      parameters.zeroGradients();
      const replayed = captured.gradients(change);
      parameters.zeroGradients();
      const launched = this.#launched(change, shape);
      compare(replayed, launched);
      return launched;
    });
  }

  #giveUp(reason: string): void {
    this.#isOff = true;
    this.#training.parameters.zeroGradients();
    this[Symbol.dispose]();
    warn(`CUDA graphs are off, and each kernel is launched by itself: ${reason}`);
  }

  [Symbol.dispose](): void {
    for (const captured of this.#captured.values()) captured[Symbol.dispose]();
    this.#captured.clear();
    this.#graphs?.[Symbol.dispose]();
    this.#graphs = null;
  }
}

/** @throws Error where a graph gives another loss or norm than single launches */
function compare(replayed: UpdateGradients, launched: UpdateGradients): void {
  const found = { loss: replayed.loss.sum().item(), norm: replayed.norm.item() };
  const wanted = { loss: launched.loss.sum().item(), norm: launched.norm.item() };
  for (const name of ["loss", "norm"] as const) {
    const size = Math.max(SMALL, Math.abs(wanted[name]));
    if (Math.abs(found[name] - wanted[name]) <= TOLERANCES[name] * size) continue;
    if (!Number.isFinite(wanted[name])) continue; // which the update's figures will tell
    throw new Error(`a graph gave the ${name} ${found[name]}, single launches ${wanted[name]}`);
  }
}
