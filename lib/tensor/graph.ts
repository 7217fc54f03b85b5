import { native } from "./native.js";
import type { GraphHandle } from "./native-ops.js";
import { dropoutGenerator } from "./random.js";

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

/**
 * CUDA graphs of this thread: a replay launches all kernels at once, where each takes the CPU some microseconds otherwise. Until it
 * is disposed, the thread's work goes to a stream of its own.
 */
export class CudaGraphs implements Graphs {
  readonly #device: string;
  readonly #graphs: CudaGraph[] = [];

  constructor(device: string) {
    this.#device = device;
    native.useOwnStream(device);
  }

  capture(body: () => void): Graph {
    const shared = this.#graphs[0]?.handle ?? null;
    const graph = new CudaGraph(native.beginGraph(dropoutGenerator(this.#device)!, shared));
    try {
      capturedIn(graph, body);
    } catch (error) {
      graph[Symbol.dispose]();
      throw error;
    }
    this.#graphs.push(graph);
    return graph;
  }

  [Symbol.dispose](): void {
    native.useDefaultStream(this.#device); // once the last replay is done
    for (const graph of this.#graphs) graph[Symbol.dispose]();
  }
}

/** The first error counts: what ends a capture that has failed fails, too. */
function capturedIn({ handle }: CudaGraph, body: () => void): void {
  try {
    body();
  } catch (error) {
    try {
      native.endGraph(handle);
    } catch {}
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
