import { ACTIVATE, scoreActivation } from "../checkpoint/sentence/score-activation.js";
import { expected, LibbertError } from "../errors.js";
import { chosenPrompt } from "../features/prompt.js";
import { preparedTexts } from "../features/sentence-texts.js";
import { longestSequence } from "../models/encoder-config.js";
import type { RegressionPrediction } from "../tasks/regression/prediction.js";
import type { TaskModel } from "../tasks/task-model.js";
import { truncatedField } from "../tasks/texts/truncated.js";
import { refuseCut } from "../tokenizer/cut-input.js";
import type { ScoreSettings } from "./options.js";

/**
 * The score of each pair of texts, as a cross-encoder of sentence-transformers gives it.
 *
 * @param model for reranking or regression: its one output is the score
 * @throws ERR_CHECKPOINT when the model's files ask for what libbert does not have; ERR_OPTION for a length that it has no positions for,
 *   or a prompt's name that it does not have; ERR_DATA for a pair that would be cut though it may not; the signal's reason
 */
export async function pairScores(
  model: TaskModel,
  pairs: readonly (readonly [string, string])[],
  { activation, maxLength, ...choice }: ScoreSettings,
  signal?: AbortSignal,
  mayCut = true,
): Promise<RegressionPrediction[]> {
  const { checkpoint, tokenizer } = model;
  const { scores: said, isCrossEncoder, lowercase } = checkpoint.sentences;
  if (said instanceof LibbertError) throw said;
  const activate = ACTIVATE[activation ?? scoreActivation(checkpoint, said.activation)];
  const prompt = chosenPrompt(said.prompts, choice);
  const prepared = preparedTexts(pairs, tokenizer, { prompt, lowercase: isCrossEncoder && lowercase });
  const encodings = await tokenizer.encodeBatch(prepared, { maxLength: lengthFor(model, maxLength) });
  refuseCut(encodings, mayCut);
  model.train(false);
  const outputs = await model.infer(encodings, signal);
  return outputs.map(([output], pair) => ({
    score: activate(output!),
    ...truncatedField(encodings[pair]!),
  }));
}

function lengthFor({ checkpoint, maxSeqLength }: TaskModel, maxLength: number | undefined): number {
  const { encoder, sentences } = checkpoint;
  const most = longestSequence(encoder);
  if (maxLength !== undefined && maxLength > most)
    throw expected(`at most ${most} tokens, for which the model has positions,`, "maxLength", maxLength);
  if (maxLength !== undefined) return maxLength;
  const { isCrossEncoder, maxSeqLength: ofFiles } = sentences;
  return isCrossEncoder && ofFiles !== undefined ? Math.min(ofFiles, most) : maxSeqLength;
}
