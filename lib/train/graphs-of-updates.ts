import { copyBatch, type HostBatch, type OnDevice, onDevice, shapeOf } from "../models/device-batch.js";
import { tensor, zeros } from "../tensor/create.js";
import { CudaGraphs, type Graph, type Graphs } from "../tensor/graph.js";
import { dropoutCalls, dropoutKeys, startDropoutStream, withDropoutKeys } from "../tensor/random.js";
import { keep, scope } from "../tensor/scope.js";
import { Tensor } from "../tensor/tensor.js";
import { warn } from "../warn.js";
import { type Change, gradientsOf, type UpdateGradients } from "./gradients.js";
import { type Counts, totalNumbers, totalsIn, totalsOn } from "./totals.js";
import type { Capturable, Training } from "./training.js";

/** A larger batch keeps a GPU busy longer than the CPU takes to launch its kernels. */
const MOST_TOKENS = 4096;
/** A graph of BERT-base has about 450 kernels, of which each takes a kilobyte or so. */
const MOST_GRAPHS = 64;
/** Where shapes keep being new, they are not counted for ever. */
const MOST_SHAPES = 1024;

/** How far a graph's loss and norm may be from those of single launches, as a part of them: gradients are added in any order. */
const TOLERANCES = { loss: 1e-3, norm: 1e-2 };

/** Where CUDA graphs may serve a training, what makes them; else undefined. */
export function graphsFor<Batch>(training: Training<Batch>): GraphsOfUpdates<Batch> | undefined {
  const { parameters, capturable, ranks, gradientCheckpointing } = training;
  const isPossible = parameters.device !== "cpu" && !ranks && !gradientCheckpointing;
  if (!isPossible || !capturable || process.env.LIBBERT_CUDA_GRAPHS === "off") return undefined;
  return new GraphsOfUpdates(training, capturable, new CudaGraphs(parameters.device));
}

/**
 * The gradients of small updates from CUDA graphs: an update of a shape for the first time is computed as always, for the second time
 * it is captured, and from then on replayed. Where a graph does not give what single launches give, there are no more graphs,
 * and a warning says so.
 */
export class GraphsOfUpdates<Batch> implements Disposable {
  readonly #training: Training<Batch>;
  readonly #capturable: Capturable<Batch>;
  readonly #graphs: Graphs;
  readonly #captured = new Map<string, CapturedGradients<Batch>>();
  /** Dropout calls of an update, by the shape of its batch. */
  readonly #calls = new Map<string, number>();
  #isOff = false;

  /** Takes over the graphs. */
  constructor(training: Training<Batch>, capturable: Capturable<Batch>, graphs: Graphs) {
    this.#training = training;
    this.#capturable = capturable;
    this.#graphs = graphs;
  }

  /** How many graphs there are. */
  get size(): number {
    return this.#captured.size;
  }

  /** The gradients of an update, as `updateGradients` has them; null where it is of a kind that no graph serves. */
  gradients({ batches, totals, step }: Change<Batch>): UpdateGradients | null {
    const [batch] = batches;
    const rounded =
      batches.length === 1 && !this.#isOff && this.#capturable.rounded(batch as Batch & HostBatch);
    if (!rounded || rounded.packed.inputIds.length > MOST_TOKENS) return null;
    const shape = shapeOf(rounded);
    const change = { batch: rounded, totals, step };
    const captured = this.#captured.get(shape);
    if (captured) return captured.gradients(change);
    const calls = this.#calls.get(shape);
    if (calls === undefined || this.#captured.size === MOST_GRAPHS) return this.#launched(change, shape);
    try {
      return this.#capture(change, shape, calls);
    } catch (error) {
      this.#giveUp((error as Error).message);
      return null;
    }
  }

  /** Kernel by kernel. */
  #launched({ batch, totals, step }: RoundedChange<Batch>, shape: string): UpdateGradients {
    const { parameters, seed } = this.#training;
    const { device } = parameters;
    return scope(() => {
      startDropoutStream(seed, step);
      const divisors = totalsOn(device, totals);
      const inputs = onDevice(batch, device) as OnDevice<Batch>;
      const gradients = gradientsOf(this.#training, () => this.#capturable.loss(inputs, divisors));
      if (this.#calls.size < MOST_SHAPES) this.#calls.set(shape, dropoutCalls());
      return gradients;
    });
  }

  /** @throws Error where it cannot be captured, or gives something else */
  #capture(change: RoundedChange<Batch>, shape: string, calls: number): UpdateGradients {
    const { parameters } = this.#training;
    const captured = new CapturedGradients(
      { training: this.#training, capturable: this.#capturable, graphs: this.#graphs },
      change,
      calls,
    );
    this.#captured.set(shape, captured);
    parameters.zeroGradients();
    const replayed = captured.gradients(change);
    parameters.zeroGradients();
    const launched = this.#launched(change, shape);
    compare(replayed, launched);
    return launched;
  }

  #giveUp(reason: string): void {
    this.#isOff = true;
    this.#training.parameters.zeroGradients();
    for (const captured of this.#captured.values()) captured[Symbol.dispose]();
    this.#captured.clear();
    warn(`CUDA graphs are off, and training is as it is without them: ${reason}`);
  }

  [Symbol.dispose](): void {
    this.#graphs[Symbol.dispose]();
    for (const captured of this.#captured.values()) captured[Symbol.dispose]();
    this.#captured.clear();
  }
}

interface RoundedChange<Batch> {
  batch: Batch & HostBatch;
  totals: Counts;
  step: number;
}

/** What captures an update of a training. */
interface Capturing<Batch> {
  training: Training<Batch>;
  capturable: Capturable<Batch>;
  graphs: Graphs;
}

/** A captured update: the memory that its graph reads and writes. */
class CapturedGradients<Batch> implements Disposable {
  readonly #seed: number;
  readonly #graph: Graph;
  readonly #batch: OnDevice<Batch & HostBatch>;
  readonly #totals: Tensor; // float32 [kinds]
  readonly #keys: Tensor; // int64 [dropout calls]
  readonly #results: UpdateGradients;

  constructor(
    { training, capturable, graphs }: Capturing<Batch>,
    change: RoundedChange<Batch>,
    calls: number,
  ) {
    const { parameters, seed, lossParts } = training;
    const { device } = parameters;
    this.#seed = seed;
    this.#batch = onDevice(change.batch, device);
    this.#totals = tensor(totalNumbers(change.totals), { device });
    this.#keys = zeros([calls], { dtype: "int64", device });
    const shape = lossParts === undefined ? [] : [lossParts];
    this.#results = {
      loss: zeros(shape, { dtype: "float64", device }),
      norm: zeros([], { dtype: "float64", device }),
      scale: zeros([], { device }),
    };
    for (const own of this.#tensors()) keep(own);
    const divisors = totalsIn(this.#totals, change.totals);
    startDropoutStream(seed, change.step);
    this.#graph = graphs.capture(() =>
      withDropoutKeys(this.#keys, () =>
        scope(() => {
          const given = gradientsOf(training, () =>
            capturable.loss(this.#batch as OnDevice<Batch>, divisors),
          );
          for (const [own, result] of pairs(this.#results, given)) own.copy_(result);
        }),
      ),
    );
  }

  /** As `updateGradients`, of another update of the same shape. */
  gradients({ batch, totals, step }: RoundedChange<Batch>): UpdateGradients {
    startDropoutStream(this.#seed, step);
    copyBatch(this.#batch, batch);
    this.#totals.copyBytes_(bytesOf(totalNumbers(totals)), "float32");
    this.#keys.copyBytes_(bytesOf(dropoutKeys(this.#keys.size)), "int64");
    this.#graph.replay();
    const { loss, norm, scale } = this.#results;
    return { loss: loss.clone(), norm: norm.clone(), scale: scale.clone() }; // the next replay writes over them
  }

  #tensors(): Tensor[] {
    const { input, ...rest } = this.#batch;
    const all = [...Object.values(input), ...Object.values(rest), this.#totals, this.#keys];
    return [...all, ...Object.values(this.#results)].filter((value) => value instanceof Tensor);
  }

  [Symbol.dispose](): void {
    this.#graph[Symbol.dispose]();
    for (const own of this.#tensors()) own.dispose();
  }
}

function pairs(a: UpdateGradients, b: UpdateGradients): [Tensor, Tensor][] {
  return [
    [a.loss, b.loss],
    [a.norm, b.norm],
    [a.scale, b.scale],
  ];
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** @throws Error where a graph gives another loss or norm than single launches; disposes what it gave */
function compare(replayed: UpdateGradients, launched: UpdateGradients): void {
  const found = { loss: replayed.loss.sum().item(), norm: replayed.norm.item() };
  const wanted = { loss: launched.loss.sum().item(), norm: launched.norm.item() };
  for (const own of Object.values(replayed)) own.dispose();
  for (const name of ["loss", "norm"] as const) {
    if (Math.abs(found[name] - wanted[name]) <= TOLERANCES[name] * Math.abs(wanted[name])) continue;
    if (!Number.isFinite(wanted[name])) continue; // which the update's figures will tell
    throw new Error(`a graph gave the ${name} ${found[name]}, single launches ${wanted[name]}`);
  }
}
