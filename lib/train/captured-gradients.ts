import { copyBatch, type HostBatch, type OnDevice, onDevice } from "../models/device-batch.js";
import { tensor, zeros } from "../tensor/create.js";
import type { Graph, Graphs } from "../tensor/graph.js";
import { dropoutKeys, startDropoutStream, withDropoutKeys } from "../tensor/random.js";
import { keep, scope } from "../tensor/scope.js";
import { Tensor } from "../tensor/tensor.js";
import { gradientsOf, type UpdateGradients } from "./gradients.js";
import { type Counts, totalNumbers, totalsIn } from "./totals.js";
import type { Capturable, Training } from "./training.js";

/** An update of one batch that has the shape of others. */
export interface RoundedChange<Batch> {
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
export class CapturedGradients<Batch> implements Disposable {
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
    const lossOf = () => capturable.lossOnDevice(batch as OnDevice<Batch>, totalsIn(totals, change.totals));
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

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
