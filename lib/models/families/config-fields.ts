import { z } from "zod";
import { LibbertError } from "../../errors.js";
import { ACTIVATIONS, type EncoderConfig } from "../encoder-config.js";

/** The kinds of fields that a `config.json` has. */
export const count = z.int().positive();
export const dropout = z.number().min(0).lt(1);
export const activation = z.enum(ACTIVATIONS);
export const deviation = z.number().positive();
export const epsilon = z.number().positive();

/** What no family here has: another kind of positions, and layers that look at an encoder's outputs. */
export const unsupported = {
  position_embedding_type: z.literal("absolute").nullish(),
  is_decoder: z.literal(false).nullish(),
  add_cross_attention: z.literal(false).nullish(),
};

/** @throws LibbertError ERR_CHECKPOINT that lists all fields that are wrong */
export function parseFields<Schema extends z.ZodObject>(
  schema: Schema,
  json: unknown,
  source: string,
): z.output<Schema> {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  throw new LibbertError("ERR_CHECKPOINT", `${source}: ${problems.join("; ")}`);
}

/**
 * The configuration, when its fields fit each other.
 *
 * @param names what the family's `config.json` calls two of them
 * @throws LibbertError ERR_CHECKPOINT
 */
export function consistent(
  config: EncoderConfig,
  source: string,
  names = { width: "hidden_size", heads: "num_attention_heads" },
): EncoderConfig {
  const { hiddenSize, numAttentionHeads, maxPositionEmbeddings, firstPosition, paddingId, vocabSize } =
    config;
  const broken = (message: string) => new LibbertError("ERR_CHECKPOINT", `${source}: Expected ${message}`);
  if (hiddenSize % numAttentionHeads !== 0)
    throw broken(
      `${names.width} to be a multiple of ${names.heads} but received ${hiddenSize} and ${numAttentionHeads}`,
    );
  if (maxPositionEmbeddings <= firstPosition)
    throw broken(
      `more than ${firstPosition} for max_position_embeddings but received ${maxPositionEmbeddings}`,
    );
  if (paddingId !== null && paddingId >= vocabSize)
    throw broken(`less than vocab_size, ${vocabSize}, for pad_token_id but received ${paddingId}`);
  return config;
}
