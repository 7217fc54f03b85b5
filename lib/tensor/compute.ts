import { expected, LibbertError } from "../errors.js";
import type { ComputeSettings } from "../options/compute-options.js";
import { hasBfloat16Units } from "../runtime/cpu.js";
import { type Cuda, type Gpu, isSupported, tooOld } from "../runtime/cuda.js";
import { loadedCuda } from "../runtime/load.js";
import { useDeterministicAlgorithms, useDevice } from "./device.js";
import type { DType } from "./dtype.js";
import { useRightKernels } from "./own-kernels/use.js";
import { useThreads } from "./threads.js";

/** Where a model runs, and what it computes with. */
export interface Compute {
  /** `cpu` or `cuda:N`. */
  device: string;
  dtype: DType;
  /** Where linear layers multiply integers of 8 bits; whatever else there is, is of `dtype`. */
  int8?: true;
  /** Why, in words for a log line. */
  reason: string;
}

/**
 * What to use for `device` and `dtype` options, of which either may be "auto", and so many threads for this one. A device that was
 * named is never replaced by another; products of 8-bit integers are the CPU's alone.
 *
 * @param member where several processes share a machine: which of them this is, and with it which GPU it takes
 * @throws ERR_OPTION that says why the machine's GPU cannot be used, or for a number that no GPU has
 */
export function chooseCompute(
  { device, dtype, threads, deterministic = false }: ComputeSettings,
  member?: { localRank: number },
): Compute {
  useThreads(threads);
  if (dtype === "int8") return int8On(device);
  const { device: found, gpu, whyNoGpu } = chooseDevice(ownGpu(device, member), loadedCuda());
  useDevice(found);
  if (gpu) useRightKernels(found, gpu);
  if (gpu && deterministic) useDeterministicAlgorithms();
  const chosen = dtype === "auto" ? chooseDType(gpu) : { dtype, reason: `${dtype} as asked` };
  const notOnGpu = whyNoGpu === undefined ? "" : `; not on a GPU: ${inFewWords(whyNoGpu)}`;
  return { device: found, dtype: chosen.dtype, reason: chosen.reason + notOnGpu };
}

function int8On(device: string): Compute {
  if (device !== "auto" && device !== "cpu")
    throw expected(`"auto" or "cpu" with dtype "int8"`, "device", device);
  useDevice("cpu");
  return { device: "cpu", dtype: "float32", int8: true, reason: "int8 as asked" };
}

/** Each process of a machine takes the GPU of its own number, where no other was named. */
function ownGpu(device: string, member: { localRank: number } | undefined): string {
  const isOpen = device === "cuda" || (device === "auto" && loadedCuda().problem === undefined);
  return member && isOpen ? `cuda:${member.localRank}` : device;
}

/** A problem's first line, up to a parenthesis. */
function inFewWords(problem: string): string {
  return problem.split(/ \(|\n/)[0]!;
}

/** The device that a `device` option comes to. */
export interface ChosenDevice {
  device: string;
  /** The device itself, where it is a GPU. */
  gpu?: Gpu;
  /** Why "auto" came to the CPU. */
  whyNoGpu?: string;
}

/** "auto" takes the first GPU that can be used, else the CPU. */
export function chooseDevice(device: string, cuda: Cuda): ChosenDevice {
  if (device === "cpu") return { device };
  if (cuda.problem !== undefined) {
    if (device === "auto") return { device: "cpu", whyNoGpu: cuda.problem };
    throw unusable(device, cuda.problem, cuda.remedies);
  }
  const index = device === "auto" ? cuda.devices.findIndex(isSupported) : Number(device.split(":")[1] ?? 0);
  const gpu = cuda.devices[index];
  if (gpu === undefined) {
    const known = cuda.devices.map((_, i) => `"cuda:${i}"`).join(", ");
    throw expected(`"auto", "cpu" or a GPU of this machine (${known})`, "device", device);
  }
  if (!isSupported(gpu)) throw unusable(device, tooOld(gpu), ["npx libbert doctor   # lists the GPUs"]);
  return { device: `cuda:${index}`, gpu };
}

function unusable(device: string, problem: string, remedies: readonly string[]): LibbertError {
  const sentence = `Expected "auto" or "cpu" for device but received "${device}": ${problem}`;
  const commands = remedies.map((command) => `  ${command}`);
  const message = [sentence, "To fix it:", ...commands].join("\n");
  return new LibbertError("ERR_OPTION", message, { option: "device" });
}

function chooseDType(gpu: Gpu | undefined): { dtype: DType; reason: string } {
  const units = gpu ? gpu.name : "the processor";
  if (gpu === undefined && !hasBfloat16Units())
    return { dtype: "float32", reason: "float32: the processor has no bfloat16 units that libbert uses" };
  return { dtype: "bfloat16", reason: `bfloat16 with float32 masters: ${units} has bfloat16 units` };
}
