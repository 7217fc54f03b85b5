import type { Graph, Graphs } from "../../lib/tensor/graph.js";
import { native } from "../../lib/tensor/native.js";

/**
 * What stands for CUDA graphs on the CPU: a replay calls the captured function again. It finds what it found at first, in
 * tensors that may hold something else by then, and must bring nothing from JavaScript's memory.
 */
export class RepeatedCalls implements Graphs {
  capture(body: () => void): Graph {
    withoutUploads(body);
    return { replay: () => withoutUploads(body), [Symbol.dispose]() {} };
  }

  [Symbol.dispose](): void {}
}

function withoutUploads(body: () => void): void {
  const { fromBytes, copyBytes_ } = native;
  native.fromBytes = (bytes, shape, dtype, device) => {
    // The gradient's norm, whose root the CPU computes in JavaScript.
    if (dtype === "float64" && shape.length === 0) return fromBytes(bytes, shape, dtype, device);
    throw new Error(`Expected no upload while a graph is captured but received ${dtype} [${shape}]`);
  };
  native.copyBytes_ = () => {
    throw new Error("Expected no upload while a graph is captured");
  };
  try {
    body();
  } finally {
    Object.assign(native, { fromBytes, copyBytes_ });
  }
}
