import { LibbertError } from "../errors.js";
import type { SentenceVector } from "../features/options.js";
import type { LoadedModel } from "../session/load-model.js";
import { lengthRefusal } from "./request-body.js";
import { refused } from "./serving-error.js";

/** What requests say of vectors; what they leave out, the model's files say. */
export interface EmbedRequest {
  normalize?: boolean | null | undefined;
  promptName?: string | null | undefined;
  dimensions?: number | null | undefined;
  truncate: boolean;
  /** What the request calls the texts. */
  name: string;
  signal: AbortSignal;
}

/**
 * @throws ServingError for more dimensions than the model's vectors have, for a prompt that it does not have, and for a text that would be
 *   cut and may not
 */
export async function embedTexts(
  model: LoadedModel,
  texts: readonly string[],
  { normalize, promptName, dimensions, truncate, name, signal }: EmbedRequest,
): Promise<SentenceVector[]> {
  return model
    .embed(texts, {
      normalize: normalize ?? undefined,
      promptName: promptName ?? undefined,
      truncateDim: dimensions ?? undefined,
      truncate,
      signal,
    })
    .catch((error) => namingFields(lengthRefusal(error, name)));
}

/** Requests name these fields as text-embeddings-inference does. */
const FIELDS: Readonly<Record<string, string>> = { promptName: "prompt_name", truncateDim: "dimensions" };

function namingFields(error: unknown): never {
  if (!(error instanceof LibbertError) || error.option === undefined) throw error;
  const field = FIELDS[error.option];
  throw field === undefined ? error : refused(error.message.replace(error.option, field));
}
