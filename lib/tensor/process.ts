import { native } from "./native.js";

/** Tensors that exist and were not disposed, over all threads: constant from step to step unless something leaks. */
export function liveTensors(): number {
  return native.liveTensors();
}

/** How many threads an operation may use. */
export function numThreads(): number {
  return native.getNumThreads();
}

/** Sets how many threads LibTorch computes with on the CPU. */
export function setNumThreads(count: number): void {
  native.setNumThreads(count);
}
