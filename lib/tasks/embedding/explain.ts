import { dataError } from "../../data/data-error.js";
import { expected } from "../../errors.js";
import type { Explained } from "../../explanation/explanation.js";
import type { ExplainChoices } from "../../explanation/options.js";
import { alignedWithGiven } from "../../features/aligned-texts.js";
import type { VectorSteps } from "../../features/extractor.js";
import { compare } from "../../features/similarity.js";
import type { EncoderInput } from "../../models/encoder-input.js";
import { normalize } from "../../nn/functional.js";
import { tensor } from "../../tensor/create.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { HeadModel } from "../head.js";
import type { VectorTypes } from "./types.js";
import { throughLayers } from "./vector-layers.js";
import { pooledSequences } from "./vectors.js";

/** In a search, what a text is compared with is of the other kind. */
const OTHER_ROLE = { query: "document", document: "query" } as const;

/**
 * How alike the vector of a text is to another text's, which stays as it is; both as `embed()` makes them. The prompt stays, as special
 * tokens do.
 *
 * @throws ERR_OPTION without the other text; ERR_DATA for a text of several windows; as `embed()`
 */
export async function explainSimilarity(
  { tokenizer, features, compute }: HeadModel<VectorTypes>,
  text: string,
  { comparedWith, role }: ExplainChoices,
  signal?: AbortSignal,
): Promise<Explained> {
  if (comparedWith === undefined)
    throw expected("the text that the input is compared with", "comparedWith", comparedWith);
  const steps = await features.vectorSteps({ role });
  const { texts, maxLength, longTexts } = steps;
  const encoding = await alignedWithGiven(tokenizer, text, texts, maxLength);
  if (longTexts && encoding.truncated)
    throw dataError("the text to explain", `at most ${maxLength} tokens, one window,`, "more");
  const [other] = await features.embed([comparedWith], { role: role && OTHER_ROLE[role] }, signal);
  const { vector, truncated = encoding.truncated } = other!;
  const similarity = features.similarityName;
  return {
    encoding: { ...encoding, truncated },
    texts: [text],
    target: null,
    similarity,
    output({ lastHiddenState }, input) {
      const fixed = tensor(vector, { shape: [1, vector.length], device: compute.device });
      return compare(similarity, fixed, vectorsOf(lastHiddenState, input, steps)).squeeze(0);
    },
  };
}

/** hidden [T, H] → float32 [B, D], with gradients */
function vectorsOf(hidden: Tensor, input: EncoderInput, steps: VectorSteps): Tensor {
  const { poolings, skipped, layers, truncateDim, normalize: ofLengthOne } = steps;
  const whole = throughLayers(pooledSequences(hidden, input, poolings, skipped), layers);
  const width = whole.shape[1]!;
  const kept = whole.narrow(1, 0, Math.min(truncateDim ?? width, width));
  return ofLengthOne ? normalize(kept) : kept;
}
