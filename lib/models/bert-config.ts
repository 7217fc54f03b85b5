import { z } from "zod";
import { LibbertError } from "../errors.js";

/** Activation of the feed-forward layer; "gelu_new" is the tanh approximation under its old name. */
const activations = ["gelu", "gelu_new", "gelu_pytorch_tanh", "relu"] as const;

/** The fields of a Hugging Face `config.json` that say how a BERT is built; others are kept as they are. */
const schema = z.looseObject({
  model_type: z.literal("bert").default("bert"),
  vocab_size: z.int().positive().default(30522),
  hidden_size: z.int().positive().default(768),
  num_hidden_layers: z.int().positive().default(12),
  num_attention_heads: z.int().positive().default(12),
  intermediate_size: z.int().positive().default(3072),
  hidden_act: z.enum(activations).default("gelu"),
  hidden_dropout_prob: z.number().min(0).lt(1).default(0.1),
  attention_probs_dropout_prob: z.number().min(0).lt(1).default(0.1),
  classifier_dropout: z.number().min(0).lt(1).nullish(),
  max_position_embeddings: z.int().positive().default(512),
  type_vocab_size: z.int().positive().default(2),
  initializer_range: z.number().positive().default(0.02),
  layer_norm_eps: z.number().positive().default(1e-12),
  position_embedding_type: z.literal("absolute").nullish(),
  is_decoder: z.literal(false).nullish(),
  tie_word_embeddings: z.boolean().nullish(),
  id2label: z.record(z.string(), z.string()).optional(),
  problem_type: z.enum(["single_label_classification", "multi_label_classification", "regression"]).nullish(),
  /** Ours: from which probability on each label of a multi-label classifier counts. */
  label_thresholds: z.record(z.string(), z.number()).optional(),
});

/** A BERT's shape, in the field names of `config.json`. */
export type BertConfig = z.infer<typeof schema>;

/** The class of transformers for a BERT that reads from left to right and predicts the next word. */
export const CAUSAL_ARCHITECTURE = "BertLMHeadModel";

/** Whether a `config.json` is that of a model that reads from left to right. */
export function isCausal(json: unknown): boolean {
  const architectures = (json as { architectures?: unknown } | null)?.architectures;
  return Array.isArray(architectures) && architectures[0] === CAUSAL_ARCHITECTURE;
}

/**
 * Checks a configuration and fills in BERT-base's value for what is missing.
 *
 * @param source what an error message calls it, such as the file's name
 */
export function parseBertConfig(json: unknown, source: string): BertConfig {
  const parsed = schema.safeParse(isCausal(json) ? withoutDirection(json as object) : json);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
    throw new LibbertError("ERR_CHECKPOINT", `${source}: ${problems.join("; ")}`);
  }
  const { hidden_size, num_attention_heads } = parsed.data;
  if (hidden_size % num_attention_heads !== 0) {
    throw new LibbertError(
      "ERR_CHECKPOINT",
      `${source}: Expected hidden_size to be a multiple of num_attention_heads but received ${hidden_size} and ${num_attention_heads}`,
    );
  }
  return parsed.data;
}

/** The weights are those of any BERT, which may learn on in both directions: each batch says how it is to be read. */
function withoutDirection({ is_decoder, ...config }: { is_decoder?: unknown }): object {
  return config;
}

/** Layers and width of the published sizes: BERT's own two, and the four miniatures of Turc et al. (2019). */
const sizes = {
  tiny: [2, 128],
  mini: [4, 256],
  small: [4, 512],
  medium: [8, 512],
  base: [12, 768],
  large: [24, 1024],
} as const;

export type BertSize = keyof typeof sizes;

/** The configuration of a published size, with any field replaced. */
export function bertPreset(size: BertSize, fields: Partial<BertConfig> = {}): BertConfig {
  const [layers, hidden] = sizes[size];
  const shape = {
    num_hidden_layers: layers,
    hidden_size: hidden,
    num_attention_heads: hidden / 64,
    intermediate_size: 4 * hidden,
  };
  return parseBertConfig({ ...shape, ...fields }, `preset ${size}`);
}
