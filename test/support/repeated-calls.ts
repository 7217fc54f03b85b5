import type { Graph, Graphs } from "../../lib/tensor/graph.js";
import { native } from "../../lib/tensor/native.js";
import { dropoutGenerator, replaceDropoutGenerator } from "../../lib/tensor/random.js";

const GPU = "cuda:0";

/**
 * What stands for CUDA graphs on the CPU: a replay calls the captured function again. It finds what it found at first, in
 * tensors that may hold something else by then, and is refused what a GPU refuses it: to read numbers, to bring some from
 * JavaScript's memory, to touch generators.
 */
export class RepeatedCalls implements Graphs {
  readonly #ops = { ...native };
  #isCapturing = false;

  constructor() {
    const { fromBytes, copyBytes_, item, toBytes } = native;
    const refused = (name: string) => () => this.#refuse(name);
    // The gradient's norm, whose root the CPU computes in JavaScript: see gradient-norm.ts.
    const isNorm = (dtype: string, shape: readonly number[]) => dtype === "float64" && shape.length === 0;
    Object.assign(native, {
      newGenerator: () => ({}), // a GPU's, to which all seeding comes
      seedGenerator: refused("seedGenerator"),
      generatorOffset: refused("generatorOffset"),
      setGeneratorOffset: refused("setGeneratorOffset"),
      fromBytes: (...[bytes, shape, dtype, device]: Parameters<typeof fromBytes>) => {
        if (!isNorm(dtype, shape)) this.#refuse("fromBytes");
        return fromBytes(bytes, shape, dtype, device);
      },
      copyBytes_: (...args: Parameters<typeof copyBytes_>) => {
        this.#refuse("copyBytes_");
        copyBytes_(...args);
      },
      item: (x: Parameters<typeof item>[0]) => {
        if (!isNorm(native.dtype(x), native.shape(x))) this.#refuse("item");
        return item(x);
      },
      toBytes: (x: Parameters<typeof toBytes>[0]) => {
        this.#refuse("toBytes");
        return toBytes(x);
      },
    });
    dropoutGenerator(GPU);
  }

  #refuse(name: string): void {
    if (this.#isCapturing) throw new Error(`Expected no ${name}() while a graph is captured`);
  }

  capture(body: () => void): Graph {
    const run = () => {
      this.#isCapturing = true;
      try {
        body();
      } finally {
        this.#isCapturing = false;
      }
    };
    run();
    return { replay: run, [Symbol.dispose]() {} };
  }

  [Symbol.dispose](): void {
    replaceDropoutGenerator(GPU);
    Object.assign(native, this.#ops);
  }
}
