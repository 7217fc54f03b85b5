import { expected } from "../errors.js";
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
  /** Dropout calls of an update, by the shape of its batch. */
  readonly #calls = new Map<string, number>();
  #isOff = false;

  /** @param newGraphs what captures; called once there is a batch that a graph may serve */
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
  gradients({ batches, totals, step }: Change<Batch>): UpdateGradients | null {
    const [batch] = batches;
    const rounded =
      batches.length === 1 && !this.#isOff && this.#capturable.rounded(batch as Batch & HostBatch);
    if (!rounded || rounded.packed.inputIds.length > MOST_TOKENS) return null;
    this.#graphs ??= this.#newGraphs();
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
    return scope(() => {
      const capturing = { training: this.#training, capturable: this.#capturable, graphs: this.#graphs! };
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
    for (const captured of this.#captured.values()) captured[Symbol.dispose]();
    this.#captured.clear();
    warn(`CUDA graphs are off, and training is as it is without them: ${reason}`);
  }

  [Symbol.dispose](): void {
    this.#graphs?.[Symbol.dispose]();
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

/** What a captured update reads and writes, on the device. */
interface GraphMemory<Batch> {
  batch: OnDevice<Batch & HostBatch>;
  totals: Tensor; // float32 [kinds]
  keys: Tensor; // int64 [dropout calls]
  results: UpdateGradients;
}

/** The gradients of updates of one shape. */
class CapturedGradients<Batch> implements Disposable {
  readonly #seed: number;
  readonly #memory: GraphMemory<Batch>;
  readonly #graph: Graph;

  constructor(
    { training, capturable, graphs }: Capturing<Batch>,
    change: RoundedChange<Batch>,
    calls: number,
  ) {
    this.#seed = training.seed;
    this.#memory = graphMemory(training, change, calls);
    const { batch, totals, keys, results } = this.#memory;
    const lossOf = () => capturable.loss(batch as OnDevice<Batch>, totalsIn(totals, change.totals));
    startDropoutStream(training.seed, change.step);
    const body = () =>
      scope(() => {
        for (const [own, result] of pairs(results, gradientsOf(training, lossOf))) own.copy_(result);
      });
    try {
      this.#graph = graphs.capture(() => withDropoutKeys(keys, body));
    } catch (error) {
      for (const own of tensorsOf(this.#memory)) own.dispose();
      throw error;
    }
  }

  /** As `updateGradients`, of another update of the same shape. */
  gradients({ batch, totals, step }: RoundedChange<Batch>): UpdateGradients {
    const memory = this.#memory;
    startDropoutStream(this.#seed, step);
    copyBatch(memory.batch, batch);
    memory.totals.copyBytes_(bytesOf(totalNumbers(totals)), "float32");
    memory.keys.copyBytes_(bytesOf(dropoutKeys(memory.keys.size)), "int64");
    this.#graph.replay();
    const { loss, norm, scale } = memory.results;
    return { loss: loss.clone(), norm: norm.clone(), scale: scale.clone() }; // the next replay writes over them
  }

  [Symbol.dispose](): void {
    this.#graph[Symbol.dispose]();
    for (const own of tensorsOf(this.#memory)) own.dispose();
  }
}

/** For updates of the shape of `change`; it lives until it is disposed. */
function graphMemory<Batch>(
  { parameters, lossParts }: Training<Batch>,
  { batch, totals }: RoundedChange<Batch>,
  calls: number,
): GraphMemory<Batch> {
  const { device } = parameters;
  const memory = scope(() => ({
    batch: onDevice(batch, device),
    totals: tensor(totalNumbers(totals), { device }),
    keys: zeros([calls], { dtype: "int64", device }),
    results: {
      loss: zeros(lossParts === undefined ? [] : [lossParts], { dtype: "float64", device }),
      norm: zeros([], { dtype: "float64", device }),
      scale: zeros([], { device }),
    },
  }));
  for (const own of tensorsOf(memory)) keep(own);
  return memory;
}

function tensorsOf<Batch>({ batch, totals, keys, results }: GraphMemory<Batch>): Tensor[] {
  const { input, ...rest } = batch;
  const values = [...Object.values(input), ...Object.values(rest), ...Object.values(results)];
  return [totals, keys, ...values.filter((value) => value instanceof Tensor)];
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

/** @throws Error where a graph gives another loss or norm than single launches */
function compare(replayed: UpdateGradients, launched: UpdateGradients): void {
  const found = { loss: replayed.loss.sum().item(), norm: replayed.norm.item() };
  const wanted = { loss: launched.loss.sum().item(), norm: launched.norm.item() };
  for (const name of ["loss", "norm"] as const) {
    if (Math.abs(found[name] - wanted[name]) <= TOLERANCES[name] * Math.abs(wanted[name])) continue;
    if (!Number.isFinite(wanted[name])) continue; // which the update's figures will tell
    throw new Error(`a graph gave the ${name} ${found[name]}, single launches ${wanted[name]}`);
  }
}
