import { zeros } from "./create.js";
import { native } from "./native.js";
import type { GraphHandle } from "./native-ops.js";
import { dropoutGenerator, replaceDropoutGenerator } from "./random.js";

/** Operations that were captured, to be run again as they were: on the same memory, with the same numbers. */
export interface Graph extends Disposable {
  /** Runs them. */
  replay(): void;
}

/** What captures graphs. They are run one at a time, and use the same memory for what is inside them. */
export interface Graphs extends Disposable {
  /**
   * What `body` does, without doing it: its tensors hold nothing before the first replay. All that it reads and gives has to lie
   * in tensors that are there before.
   *
   * @throws what `body` throws; ERR_RUNTIME for what cannot be captured
   */
  capture(body: () => void): Graph;
}

/** Whether this thread has graphs. When LibTorch frees one, it takes memory from under all others of the same stream. */
let isTaken = false;

/** CUDA graphs of this thread: a replay launches all kernels at once, where each takes the CPU some microseconds otherwise. */
export class CudaGraphs implements Graphs {
  readonly #device: string;
  readonly #graphs: CudaGraph[] = [];

  /** @throws Error where there are some already that are not disposed */
  constructor(device: string) {
    if (isTaken) throw new Error("another training of this thread has CUDA graphs");
    native.useOwnStream(device);
    isTaken = true;
    this.#device = device;
  }

  capture(body: () => void): Graph {
    try {
      const shared = this.#graphs[0]?.handle ?? null;
      const graph = new CudaGraph(native.beginGraph(dropoutGenerator(this.#device)!, shared));
      this.#graphs.push(graph);
      captureIn(graph, body);
      return graph;
    } catch (error) {
      replaceDropoutGenerator(this.#device);
      throw error;
    }
  }

  [Symbol.dispose](): void {
    for (const graph of this.#graphs) graph[Symbol.dispose]();
    isTaken = false;
    waitFor(this.#device);
  }
}

/**
 * Until all that was launched is done: the weights were allocated on the default stream, from which another thread may be given
 * their memory as soon as they are disposed.
 */
function waitFor(device: string): void {
  try {
    using nothing = zeros([], { device });
    nothing.item();
  } catch {
    // The GPU is lost, of which the training's own error tells.
  }
}

function captureIn({ handle }: CudaGraph, body: () => void): void {
  try {
    body();
  } catch (error) {
    try {
      native.endGraph(handle);
    } catch {
      // A capture that was broken off ends with an error of its own; the first one tells why.
    }
    throw error;
  }
  native.endGraph(handle);
}

class CudaGraph implements Graph {
  constructor(readonly handle: GraphHandle) {}

  replay(): void {
    native.replayGraph(this.handle);
  }

  [Symbol.dispose](): void {
    native.freeGraph(this.handle);
  }
}
