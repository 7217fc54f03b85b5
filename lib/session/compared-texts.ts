import { LibbertError } from "../errors.js";
import type { TextRole } from "../features/prompt.js";
import type { Requesting } from "./compute-session.js";

/** How the texts of both sides become vectors. */
export interface ComparedTexts {
  queryPrompt?: string;
  queryPromptName?: string;
  documentPrompt?: string;
  documentPromptName?: string;
  truncateDim?: number;
  signal?: AbortSignal;
}

/** So many texts at a time: enough to sort them by their length, few enough that their vectors take little memory. */
const TEXTS_AT_A_TIME = 4096;

/** Vectors of some texts. */
export interface VectorsOfTexts {
  vectors: Float32Array[];
  /** How many of the texts were longer than the model reads. */
  truncated: number;
}

/**
 * The vectors that a session's model makes of texts, in parts.
 *
 * @param role what they are for a search
 * @param normalize whether vectors have length 1. Default: what the model's files say
 */
export async function* vectorsOf(
  session: Requesting,
  texts: readonly string[],
  role: TextRole,
  { truncateDim, signal, ...prompts }: ComparedTexts,
  normalize?: boolean,
): AsyncGenerator<VectorsOfTexts> {
  const [prompt, promptName] = [prompts[`${role}Prompt`], prompts[`${role}PromptName`]];
  const settings = { prompt, promptName, truncateDim, normalize, role };
  for (let first = 0; first < texts.length; first += TEXTS_AT_A_TIME) {
    const inputs = texts.slice(first, first + TEXTS_AT_A_TIME);
    const embedded = await named(
      role,
      session.request("embed", () => ({ inputs, settings }), { signal }),
    );
    yield {
      vectors: embedded.map(({ vector }) => vector),
      truncated: embedded.filter(({ truncated }) => truncated).length,
    };
  }
}

/** An error about a prompt names the option of this call. */
async function named<Answer>(role: TextRole, answer: Promise<Answer>): Promise<Answer> {
  return answer.catch((error: unknown) => {
    if (!(error instanceof LibbertError) || error.option !== "promptName") throw error;
    const option = `${role}PromptName`;
    const message = error.message
      .replace(" for promptName ", ` for ${option} `)
      .replace(" beside prompt ", ` beside ${role}Prompt `);
    throw new LibbertError(error.code, message, { cause: error, option });
  });
}
