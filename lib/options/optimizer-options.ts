import { z } from "zod";

/** Every optimizer, by name; `optim/create-optimizer.ts` makes them. */
const OPTIMIZER_NAMES = ["adamw", "bert-adam", "lamb"] as const;

export type OptimizerName = (typeof OPTIMIZER_NAMES)[number];

const OPTIMIZERS =
  "`adamw` as PyTorch; `bert-adam` as the paper's code, without bias correction, so it learns nothing at rates that " +
  "`adamw` can still take; `lamb` for very large batches";

/** @param byDefault which one a run takes that names none */
export function optimizerOption(byDefault: OptimizerName) {
  return z.enum(OPTIMIZER_NAMES).default(byDefault).describe(OPTIMIZERS);
}

export const weightDecayOption = z
  .number()
  .min(0)
  .default(0.01)
  .describe("decay of all weights but biases and LayerNorm");

export const maxGradNormOption = z.number().positive().default(1).describe("clip gradients to this norm");

export const DEFAULT_SEED = 1;

export const seedField = z.int().min(0).describe("source of every random choice");

export const seedOption = seedField.default(DEFAULT_SEED);
