import { membershipOf } from "../distributed/membership.js";
import { expected } from "../errors.js";

/**
 * Published settings of pre-training, as options of `pretrain()`; `data` and `outputDir` are the caller's. Their batches are
 * those of all processes together.
 */
export const recipes = {
  /** Devlin et al. (2019), appendix A.2: 256 sequences of 512 tokens, 1 M updates, 10,000 of them warm-up. */
  paper: {
    size: "base",
    steps: 1_000_000,
    batchSize: 256,
    maxSeqLength: 512,
    optimizer: "bert-adam",
    learningRate: 1e-4,
    warmupRatio: 0.01,
    weightDecay: 0.01,
  },
  /** You et al. (2020) in two phases, with the rates and batches of NVIDIA's BERT scripts. */
  lamb: {
    size: "large",
    optimizer: "lamb",
    weightDecay: 0.01,
    schedule: "polynomial",
    phases: [
      { steps: 7038, batchSize: 65_536, maxSeqLength: 128, learningRate: 6e-3, warmupRatio: 0.2843 },
      { steps: 1563, batchSize: 32_768, maxSeqLength: 512, learningRate: 4e-3, warmupRatio: 0.128 },
    ],
  },
} as const;

/**
 * The options with those of their recipe, if they name one, for all that they leave out.
 *
 * @param processes among which the recipe's batches are divided
 * @throws ERR_OPTION where they cannot be
 */
export function withRecipe(
  options: Record<string, unknown>,
  processes = membershipOf()?.size ?? 1,
): Record<string, unknown> {
  const { recipe } = options;
  if (typeof recipe !== "string" || !Object.hasOwn(recipes, recipe)) return options; // a wrong name is the schema's to refuse
  const { phases, size, ...settings }: Recipe = recipes[recipe as keyof typeof recipes];
  const share = (batchSize: number) => {
    if (batchSize % processes === 0) return batchSize / processes;
    throw expected(
      `a number of processes that divides ${batchSize}, the recipe's batch,`,
      "WORLD_SIZE",
      processes,
    );
  };
  return {
    ...settings,
    ...(options.continueFrom === undefined && { size }), // a checkpoint has its own
    ...(settings.batchSize && !options.batchSize && { batchSize: share(settings.batchSize) }),
    ...(phases &&
      !options.phases && { phases: phases.map((one) => ({ ...one, batchSize: share(one.batchSize) })) }),
    ...options,
  };
}

interface Recipe {
  size: string;
  batchSize?: number;
  phases?: readonly { batchSize: number }[];
}
