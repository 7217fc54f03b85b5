import { excerpt, type Mistake, worstMistakes } from "../texts/mistakes.js";
import type { ChoiceExamples } from "./examples.js";

/** The rows that a model was most wrong about. @param losses the rows' cross entropies @param chosen the model's choices */
export function choiceMistakes(
  { inputs, locations, right }: Pick<ChoiceExamples, "inputs" | "locations" | "right">,
  losses: readonly number[],
  chosen: readonly number[],
): Mistake<string>[] {
  const texts = inputs!.map(({ context, question }) =>
    question === undefined ? context : ([context, question] as const),
  );
  return worstMistakes({ texts, locations }, losses, (row) => {
    const { choices } = inputs![row]!;
    const [expected, predicted] = [right[row]!, chosen[row]!];
    if (expected === predicted) return null;
    return { expected: excerpt(choices[expected]!), predicted: excerpt(choices[predicted]!) };
  });
}
