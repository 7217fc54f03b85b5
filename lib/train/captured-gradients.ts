import { tensor, zeros } from "../tensor/create.js";
import type { Graph, Graphs } from "../tensor/graph.js";
import { dropoutKeys, startDropoutStream, withDropoutKeys } from "../tensor/random.js";
import { keep, scope } from "../tensor/scope.js";
import type { Tensor } from "../tensor/tensor.js";
import { gradientsOf, type UpdateGradients } from "./gradients.js";
import { type Counts, totalNumbers, totalsIn } from "./totals.js";
import type { Capturable, Training } from "./training.js";

/** An update of one batch that has the shape of others. */
export interface RoundedChange<Batch> {
  batch: Batch;
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
interface GraphMemory {
  batch: unknown;
  totals: Tensor; // float32 [kinds]
  keys: Tensor; // int64 [dropout calls]
  results: UpdateGradients;
}

/** The gradients of updates of one shape. */
export class CapturedGradients<Batch> implements Disposable {
  readonly #seed: number;
  readonly #capturable: Capturable<Batch>;
  readonly #memory: GraphMemory;
  readonly #graph: Graph;

  constructor(
    { training, capturable, graphs }: Capturing<Batch>,
    change: RoundedChange<Batch>,
    calls: number,
  ) {
    this.#seed = training.seed;
    this.#capturable = capturable;
    this.#memory = graphMemory(training, capturable, change, calls);
    const { batch, totals, keys, results } = this.#memory;
    const lossOf = () => capturable.loss(batch, totalsIn(totals, change.totals));
    startDropoutStream(training.seed, change.step);
    const body = () =>
      scope(() => {
        const { loss, norm, scale } = gradientsOf(training, lossOf);
        results.loss.copy_(loss);
        results.norm.copy_(norm);
        results.scale.copy_(scale);
      });
    try {
      this.#graph = graphs.capture(() => withDropoutKeys(keys, body));
    } catch (error) {
      this.#free();
      throw error;
    }
  }

  /** As `updateGradients`, of another update of the same shape. */
  gradients({ batch, totals, step }: RoundedChange<Batch>): UpdateGradients {
    const memory = this.#memory;
    startDropoutStream(this.#seed, step);
    this.#capturable.copy(batch, memory.batch);
    memory.totals.copyBytes_(bytesOf(totalNumbers(totals)), "float32");
    memory.keys.copyBytes_(bytesOf(dropoutKeys(memory.keys.size)), "int64");
    this.#graph.replay();
    const { loss, norm, scale } = memory.results;
    return { loss: loss.clone(), norm: norm.clone(), scale: scale.clone() }; // the next replay writes over them
  }

  [Symbol.dispose](): void {
    this.#graph[Symbol.dispose]();
    this.#free();
  }

  #free(): void {
    for (const own of tensorsOf(this.#memory, this.#capturable)) own.dispose();
  }
}

/** For updates of the shape of `change`; it lives until it is disposed. */
function graphMemory<Batch>(
  { parameters, lossParts }: Training<Batch>,
  capturable: Capturable<Batch>,
  { batch, totals }: RoundedChange<Batch>,
  calls: number,
): GraphMemory {
  const { device } = parameters;
  const memory = scope(() => ({
    batch: capturable.upload(batch),
    totals: tensor(totalNumbers(totals), { device }),
    keys: zeros([calls], { dtype: "int64", device }),
    results: {
      loss: zeros(lossParts === undefined ? [] : [lossParts], { dtype: "float64", device }),
      norm: zeros([], { dtype: "float64", device }),
      scale: zeros([], { device }),
    },
  }));
  for (const own of tensorsOf(memory, capturable)) keep(own);
  return memory;
}

function tensorsOf<Batch>(
  { batch, totals, keys, results }: GraphMemory,
  capturable: Capturable<Batch>,
): Tensor[] {
  return [...capturable.tensorsOf(batch), totals, keys, ...Object.values(results)];
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
