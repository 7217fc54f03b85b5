import { LibbertError } from "../errors.js";
import type { SentenceVector } from "../features/options.js";
import type { ComputeSession } from "./compute-session.js";
import type { EmbedOptions } from "./option-types.js";

type Encode = (
  texts: readonly string[],
  options: EmbedOptions & { signal?: AbortSignal },
) => Promise<SentenceVector[]>;

/** A model whose vectors are compared, and the thread that it is on. */
export interface ComparedModel {
  model: { encodeQuery: Encode; encodeDocument: Encode };
  session: ComputeSession;
}

/** How the texts of both sides become vectors. */
export interface ComparedTexts {
  queryPrompt?: string;
  queryPromptName?: string;
  documentPrompt?: string;
  documentPromptName?: string;
  truncateDim?: number;
}

/** So many texts at a time: enough to sort them by their length, few enough that their vectors take little memory. */
const TEXTS_AT_A_TIME = 4096;

/** Vectors of some texts, and which is the first of them. */
export interface VectorsOfTexts {
  first: number;
  vectors: SentenceVector[];
}

/** The vectors of what is searched for, in parts. */
export function queryVectors(
  { model }: ComparedModel,
  texts: readonly string[],
  { queryPrompt: prompt, queryPromptName: promptName, truncateDim }: ComparedTexts,
  others: { normalize?: boolean; signal?: AbortSignal },
): AsyncGenerator<VectorsOfTexts> {
  const options = { prompt, promptName, truncateDim, ...others };
  return inParts(texts, (some) => named("query", model.encodeQuery(some, options)));
}

/** The vectors of what is searched in, in parts. */
export function documentVectors(
  { model }: ComparedModel,
  texts: readonly string[],
  { documentPrompt: prompt, documentPromptName: promptName, truncateDim }: ComparedTexts,
  others: { normalize?: boolean; signal?: AbortSignal },
): AsyncGenerator<VectorsOfTexts> {
  const options = { prompt, promptName, truncateDim, ...others };
  return inParts(texts, (some) => named("document", model.encodeDocument(some, options)));
}

async function* inParts(
  texts: readonly string[],
  encode: (some: readonly string[]) => Promise<SentenceVector[]>,
): AsyncGenerator<VectorsOfTexts> {
  for (let first = 0; first < texts.length; first += TEXTS_AT_A_TIME)
    yield { first, vectors: await encode(texts.slice(first, first + TEXTS_AT_A_TIME)) };
}

/** An error about a prompt names the option of this call. */
async function named<Answer>(side: "query" | "document", answer: Promise<Answer>): Promise<Answer> {
  return answer.catch((error: unknown) => {
    if (!(error instanceof LibbertError) || error.option !== "promptName") throw error;
    const option = `${side}PromptName`;
    const message = error.message
      .replace(" for promptName ", ` for ${option} `)
      .replace(" beside prompt ", ` beside ${side}Prompt `);
    throw new LibbertError(error.code, message, { cause: error, option });
  });
}

export function countTruncated(vectors: readonly SentenceVector[]): number {
  return vectors.filter(({ truncated }) => truncated).length;
}
