import { freemem } from "node:os";
import type { BertConfig } from "../../models/bert-config.js";
import { activationBytesPerToken, stateBytes, type TrainingPlan } from "../../models/training-memory.js";
import { freeDeviceMemory } from "../../tensor/device.js";
import type { Compute } from "../compute.js";
import type { FineTuneSettings } from "./options.js";
import type { PreparedTask, RunContext } from "./task.js";

/** The share of the free memory that a training plans with: a heap that breaks up needs more than the estimate. */
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
  config: BertConfig,
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

/** Settings whose micro-batch is a number of items. */
export type SizedSettings = Omit<FineTuneSettings, "microBatchSize"> & { microBatchSize?: number };

/** Makes a number of `microBatchSize: "auto"`, and says so. */
export function withMicroBatchSize(
  settings: FineTuneSettings,
  { train }: PreparedTask,
  config: BertConfig,
  { device, dtype }: Compute,
  { emit }: RunContext,
): SizedSettings {
  const { microBatchSize, batchSize } = settings;
  if (microBatchSize !== "auto") return { ...settings, microBatchSize };
  const plan = { ...planOf(settings, config), dtype };
  const choice = chooseMicroBatchSize(train.lengths, batchSize, config, plan, freeMemory(device));
  const gib = (bytes: number) => `${(bytes / 2 ** 30).toFixed(2)} GiB`;
  emit({
    type: "notice",
    message:
      `${choice.microBatchSize} of ${batchSize} rows at a time: an estimate of ${gib(choice.stateBytes)} for weights ` +
      `and optimizer and ${gib(choice.activationBytes)} for activations, of ${gib(choice.freeBytes)} that are free`,
  });
  return { ...settings, microBatchSize: choice.microBatchSize };
}

function planOf(settings: FineTuneSettings, config: BertConfig): Omit<TrainingPlan, "dtype"> {
  const { encoder, freezeLayers, gradientCheckpointing } = settings;
  return {
    freezeLayers: encoder === "frozen" ? config.num_hidden_layers : freezeLayers,
    gradientCheckpointing,
    weightCopies: 2, // for a divergence, and the best state
  };
}
