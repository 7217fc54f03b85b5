/** Published settings of pre-training, as options of `pretrain()`; `data` and `outputDir` are the caller's. */
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

/** The options with those of their recipe, if they name one, for all that they leave out. */
export function withRecipe(options: Record<string, unknown>): Record<string, unknown> {
  const { recipe } = options;
  if (typeof recipe !== "string" || !Object.hasOwn(recipes, recipe)) return options; // a wrong name is the schema's to refuse
  return { ...recipes[recipe as keyof typeof recipes], ...options };
}
