import { LibbertError } from "../errors.js";
import type { TaskModel } from "../tasks/task-model.js";
import { isExcerpt, type Mistake, type MistakeReport } from "../tasks/texts/mistakes.js";
import { textInputOf } from "../tokenizer/text-input.js";
import type { FineTuned } from "./train-model.js";

/** The same for every text, as in bfloat16 more of them bring no attributions that add up exactly. */
export const EXPLAINING_STEPS = 32;

/**
 * Puts beside the worst mistakes of a run what each of their words adds to what the model says.
 *
 * @param most how many, from the worst on; a text of which the report has a part alone, or of several windows, is left out
 * @throws the signal's reason
 */
export async function explainMistakes(
  { model, result: { metrics } }: Pick<FineTuned, "model" | "result">,
  most: number,
  signal?: AbortSignal,
): Promise<void> {
  const { worstMistakes } = metrics!.report as MistakeReport<unknown>;
  for (const mistake of worstMistakes.slice(0, most)) {
    const { text, textPair = "" } = mistake;
    if (!isExcerpt(text) && !isExcerpt(textPair)) await explainMistake(model, mistake, signal);
  }
}

async function explainMistake(
  model: TaskModel,
  mistake: Mistake<unknown>,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    const { target, output, baseline, delta, isComplete, words } = await model.explain(
      textInputOf(mistake),
      { steps: EXPLAINING_STEPS },
      signal,
    );
    mistake.explanation = { target, output, baseline, delta, isComplete, words };
  } catch (error) {
    if (!(error instanceof LibbertError && error.code === "ERR_DATA")) throw error; // it has several windows
  }
}
