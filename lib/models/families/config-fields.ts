import { z } from "zod";
import { LibbertError } from "../../errors.js";
import { ACTIVATIONS } from "../activation.js";
import type { EncoderConfig } from "../encoder-config.js";

/** The kinds of fields that a `config.json` has. */
export const count = z.int().positive();
export const dropout = z.number().min(0).max(1);
export const activation = z.enum(ACTIVATIONS);
export const deviation = z.number().min(0);
export const epsilon = z.number().min(0);
/** Id of the padding token; as PyTorch has it, -1 is that of the last row. */
export const padding = z.int().nullable();

/** What would change the model's numbers, and what no family here has: heads that were taken out, and weights in another form or file. */
export const unsupported = {
  pruned_heads: empty("no heads that were pruned").nullish(),
  quantization_config: empty("weights that are not quantized, and so nothing,").nullish(),
  transformers_weights: z.literal("model.safetensors").nullish(), // the file that is read anyway
  per_layer_config: empty("layers that are all alike, and so nothing,").nullish(),
};

/** The same of families that may have another kind of positions, and layers that look only back or at an encoder's outputs. */
export const unsupportedLayers = {
  ...unsupported,
  position_embedding_type: z.literal("absolute").nullish(),
  is_decoder: z.literal(false).nullish(),
  add_cross_attention: z.literal(false).nullish(),
};

function empty(what: string) {
  return z.unknown().refine((value) => Object.keys(Object(value)).length === 0, what);
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
  if (paddingId === null) return config;
  if (paddingId >= vocabSize || paddingId < -vocabSize)
    throw broken(`less than vocab_size, ${vocabSize}, for pad_token_id but received ${paddingId}`);
  return { ...config, paddingId: paddingId < 0 ? vocabSize + paddingId : paddingId };
}
