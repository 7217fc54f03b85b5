import { freemem } from "node:os";
import type { EncoderConfig } from "../models/encoder-config.js";
import { activationBytesPerToken, stateBytes, type TrainingPlan } from "../models/training-memory.js";
import type { Examples } from "../tasks/head.js";
import type { Compute } from "../tensor/compute.js";
import { freeDeviceMemory } from "../tensor/device.js";
import type { RunSettings } from "./options.js";

/** The share of the free memory that a training may plan with: a fragmented heap needs more than the estimate. */
const USABLE = 0.5;

/** Bytes that this process may still take: of a GPU, or of the machine, and within its control group. */
export function freeMemory(device = "cpu"): number {
  if (device !== "cpu") return freeDeviceMemory(device);
  return Math.min(freemem(), process.availableMemory());
}

/** A micro-batch size, with what it was chosen by. */
export interface MicroBatchChoice {
  microBatchSize: number;
  /** Estimate for weights, gradients and optimizer. */
  stateBytes: number;
  /** Estimate for the largest micro-batch. */
  activationBytes: number;
  freeBytes: number;
}

/**
 * The most items that fit the memory at a time, however the longest of them meet; at least one. The batch of an update
 * stays what it is.
 *
 * @param lengths tokens of each item
 */
export function chooseMicroBatchSize(
  lengths: ArrayLike<number>,
  batchSize: number,
  config: EncoderConfig,
  plan: TrainingPlan,
  freeBytes = freeMemory(),
): MicroBatchChoice {
  const state = stateBytes(config, plan);
  const perToken = activationBytesPerToken(config, plan);
  const usable = USABLE * freeBytes - state;
  const longest = Array.from(lengths).sort((a, b) => b - a);
  let [size, tokens] = [1, longest[0]!];
  while (size < Math.min(batchSize, longest.length) && (tokens + longest[size]!) * perToken <= usable)
    tokens += longest[size++]!;
  return { microBatchSize: size, stateBytes: state, activationBytes: tokens * perToken, freeBytes };
}

/** Makes a number of `microBatchSize: "auto"`, and says so. */
export function microBatchSizeOf(
  settings: RunSettings,
  { lengths }: Examples,
  encoder: EncoderConfig,
  { device, dtype }: Compute,
  notify: (message: string) => void,
): number {
  const { microBatchSize, batchSize, freezeLayers, gradientCheckpointing } = settings;
  if (microBatchSize !== "auto") return microBatchSize ?? batchSize;
  const plan = {
    dtype,
    freezeLayers: settings.encoder === "frozen" ? encoder.numHiddenLayers : freezeLayers,
    gradientCheckpointing,
    weightCopies: 2, // for a divergence, and the best state
  };
  const choice = chooseMicroBatchSize(lengths, batchSize, encoder, plan, freeMemory(device));
  notify(microBatchNotice(choice, batchSize));
  return choice.microBatchSize;
}

/** The choice in words. */
function microBatchNotice(
  { microBatchSize, stateBytes, activationBytes, freeBytes }: MicroBatchChoice,
  batchSize: number,
): string {
  const gib = (bytes: number) => `${(bytes / 2 ** 30).toFixed(2)} GiB`;
  return (
    `${microBatchSize} of ${batchSize} rows at a time: an estimate of ${gib(stateBytes)} for weights ` +
    `and optimizer and ${gib(activationBytes)} for activations, of ${gib(freeBytes)} that are free`
  );
}
