import type { Gpu } from "../../runtime/cuda.js";
import { warn } from "../../warn.js";
import { native } from "../native.js";
import { recallVerdict, rememberVerdict } from "./memory.js";
import { judge, tryInChild, type Verdict } from "./verdict.js";

const settled = new Set<string>(); // devices

/**
 * From now on, operators take their own kernels on GPUs of this kind, where those were found right. The first process on such a GPU
 * tries them, which takes some seconds; a warning names those that are wrong, and why.
 */
export function useRightKernels(device: string, gpu: Gpu): void {
  if (settled.has(device)) return;
  settled.add(device);
  const { right, wrong } = recallVerdict(gpu) ?? tryAll(device, gpu);
  native.useOwnKernels(right);
  for (const { name, problem } of wrong)
    warn(`LibTorch's kernels serve ${name} on ${gpu.name}: of libbert's own, ${problem}`);
}

function tryAll(device: string, gpu: Gpu): Verdict {
  const verdict = judge(native.ownKernels(), tryInChild(device));
  if (typeof verdict === "string") {
    const problem = `libbert's own kernels could not be tried on ${gpu.name}, and LibTorch's serve: ${verdict}`;
    warn(problem);
    return { right: [], wrong: [] };
  }
  rememberVerdict(gpu, verdict);
  return verdict;
}
