import { LibbertError } from "../errors.js";
import type { TrainingState } from "../optim/memory.js";

/** What was going on when memory ran out. */
export interface MemoryUse {
  device: string;
  /** The update that was being computed, from 1. */
  step: number;
  state: TrainingState;
  /** The most bytes that were in tensors of the device; null where nobody counts them. */
  peak: number | null;
  gradientCheckpointing: boolean;
}

/** Whether LibTorch, on whatever device, could not get memory. */
export function isOutOfMemory(error: unknown): error is Error {
  return error instanceof Error && (error as { code?: unknown }).code === "ERR_OUT_OF_MEMORY";
}

/** The one error for a training that needs more memory than there is: how much was asked, who has it, what to lower. */
export function outOfMemory(cause: Error, use: MemoryUse): LibbertError {
  const { device, step, state, peak, gradientCheckpointing } = use;
  const held = [
    `weights ${bytesText(state.weights)}`,
    `optimizer ${bytesText(state.optimizer)}`,
    `gradients ${bytesText(state.gradients)}`,
  ];
  if (peak !== null) {
    const rest = peak - state.weights - state.optimizer - state.gradients;
    held.push(`activations and all else up to ${bytesText(Math.max(0, rest))}`);
  }
  const lower = gradientCheckpointing
    ? "a lower microBatchSize or maxSeqLength needs less"
    : "gradientCheckpointing: true, a lower microBatchSize or a lower maxSeqLength needs less";
  return new LibbertError(
    "ERR_OUT_OF_MEMORY",
    `Out of memory on ${device} at step ${step}: ${requested(cause.message)} was asked for; ` +
      `${held.join(", ")}. To go on, ${lower}`,
    { cause },
  );
}

/** How much LibTorch asked for, by its own words: "Tried to allocate 2.50 GiB", "tried to allocate 4096 bytes". */
function requested(message: string): string {
  const [, amount, unit] = /tried to allocate ([\d.]+) (bytes|KiB|MiB|GiB)/i.exec(message) ?? [];
  if (amount === undefined) return "more than there is";
  return unit === "bytes" ? bytesText(Number(amount)) : `${amount} ${unit}`;
}

/** `512 bytes`, `1.50 MiB`, `4096.00 GiB` */
export function bytesText(bytes: number): string {
  const units = ["KiB", "MiB", "GiB"];
  if (bytes < 1024) return `${bytes} bytes`;
  const power = Math.min(Math.floor(Math.log2(bytes) / 10), units.length);
  return `${(bytes / 1024 ** power).toFixed(2)} ${units[power - 1]}`;
}
