import type { HeadModel, JudgedPart } from "../head.js";
import { scoresAt } from "./decode.js";
import type { TaggingExamples } from "./examples.js";
import type { TokenClassificationTypes } from "./types.js";

/** What a model says of each word that has a token, sentence by sentence. */
export async function judgedWords(
  model: HeadModel<TokenClassificationTypes>,
  { sentences, windows, classes }: TaggingExamples,
  signal?: AbortSignal,
): Promise<JudgedPart[][]> {
  const { length } = model.config.labels;
  const outputs = await model.infer(windows, signal);
  const judged: JudgedPart[][] = sentences.map(() => []);
  for (const [index, { sentence, words, positions }] of windows.entries()) {
    for (const [nth, part] of words.entries()) {
      const probabilities = scoresAt(outputs[index]!, positions[nth]!, length).map(Math.exp);
      judged[sentence]!.push({ part, label: classes[index]![nth]!, probabilities });
    }
  }
  return judged;
}
