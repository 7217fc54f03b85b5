import { join } from "node:path";
import { packageRoot } from "../lib/runtime/paths.js";
import { runProgram } from "./run-program.js";
import type { TransformersLoop } from "./speeds.js";

export interface TransformersRun extends TransformersLoop {
  /** What `writeBatches` wrote. */
  batches: string;
  /** A config.json, or a directory with weights. */
  model: string;
  device: string;
  dtype: string;
}

/** @returns seconds of the second half of the batches, and the loss of each */
export function trainWithTransformers(run: TransformersRun): { seconds: number; losses: number[] } {
  const program = join(packageRoot, "bench/transformers_loop.py");
  const settings = ["--device", run.device, "--dtype", run.dtype, ...(run.compile ? ["--compile"] : [])];
  return JSON.parse(runProgram(run.python, [program, run.batches, run.model, ...settings]));
}
