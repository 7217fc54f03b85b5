/**
 * Prints, as JSON, how many bytes the process's peak memory grows by while a saved classifier is loaded and predicts, and its
 * resident memory until that is done. A process of its own, because a peak is never forgotten.
 *
 * node predict-peak-memory.js '{"small": "tiny-bert", "directory": "runs/large", "dtype": "bfloat16"}'
 */
import "./one-thread.js";
import { readFileSync } from "node:fs";
import { releaseFreedMemory } from "../../lib/runtime/load.js";
import { loadSaved } from "../../lib/session/load-saved.js";

export interface PredictSettings {
  /** A model that is loaded first: what stays in memory after it, such as compiled kernels, is the process's base. */
  small: string;
  directory: string;
  dtype: "float32" | "bfloat16" | "int8";
}

const { small, directory, dtype }: PredictSettings = JSON.parse(process.argv[2]!);

/** Loads a model, predicts a few texts with it, and frees it. @returns the resident memory before it is freed */
async function predictWith(path: string): Promise<number> {
  const { model } = await loadSaved(path, { device: "cpu", dtype });
  if (!("predict" in model)) throw new Error(`${path} holds no classifier`);
  await model.predict(["a good film", "the story was never dull"], {});
  releaseFreedMemory(); // as the compute thread does when it has loaded a model
  const resident = status("VmRSS");
  model.dispose();
  releaseFreedMemory();
  return resident;
}

/** A line of /proc/self/status, in bytes. */
function status(field: "VmRSS" | "VmHWM"): number {
  const line = readFileSync("/proc/self/status", "utf8").match(new RegExp(`^${field}:\\s+(\\d+) kB`, "m"))!;
  return 1024 * Number(line[1]);
}

await predictWith(small); // loads code and fills the libraries' own buffers
const before = status("VmRSS");
const resident = (await predictWith(directory)) - before;
process.stdout.write(JSON.stringify({ bytes: status("VmHWM") - before, resident }));
