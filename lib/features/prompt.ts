import type { Prompts } from "../checkpoint/sentence/settings.js";
import { quoted } from "../data/data-error.js";
import { expected } from "../errors.js";

/** What texts are for a search. */
export type TextRole = "query" | "document";

/** How a call chooses what stands before its texts. */
export interface PromptChoice {
  prompt?: string;
  promptName?: string;
  /** Decides where the call itself does not. */
  role?: TextRole;
}

/**
 * The prompt of a call: its own; else the model's, by the name that the call has for it, or of the texts' role; else the model's
 * default.
 *
 * @throws LibbertError ERR_OPTION for a name that the model has no prompt for
 */
export function chosenPrompt(
  { texts, defaultName }: Prompts,
  { prompt, promptName, role }: PromptChoice,
): string {
  if (prompt !== undefined && promptName !== undefined)
    throw expected("no value beside prompt", "promptName", promptName);
  if (prompt !== undefined) return prompt;
  if (promptName !== undefined && !texts.has(promptName)) {
    const known = texts.size === 0 ? "no value, as the model has no prompts," : quoted([...texts.keys()]);
    throw expected(
      texts.size === 0 ? known : `one of the model's prompts, ${known},`,
      "promptName",
      promptName,
    );
  }
  const name = promptName ?? role ?? defaultName;
  return name === undefined ? "" : (texts.get(name) ?? "");
}
