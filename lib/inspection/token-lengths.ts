import { openCheckpoint } from "../checkpoint/checkpoint.js";
import { expected } from "../errors.js";
import { readSettled } from "../files/settled-directory.js";
import { lengthOfTexts } from "../fine-tuning/options.js";
import { longestSequence } from "../models/encoder-config.js";
import type { InspectedRow } from "../tasks/inspection.js";
import type { TextTokenizer } from "../tokenizer/text-tokenizer.js";
import type { InspectionSettings } from "./options.js";

/** Counts the tokens of rows as a model has them. */
export interface TokenCounter {
  /** Where texts would be cut. */
  maxSeqLength: number;
  /** Of each row the tokens of its longest input, special tokens included. */
  lengths(rows: readonly InspectedRow[]): Promise<number[]>;
}

/** @throws LibbertError ERR_CHECKPOINT; ERR_OPTION for a length that the model does not have */
export async function tokenCounter(
  settings: Pick<InspectionSettings, "task" | "maxSeqLength"> & { model: string },
): Promise<TokenCounter> {
  const { model } = settings;
  const { encoder, tokenizer } = await readSettled(model, () => openCheckpoint(model));
  const longest = longestSequence(encoder);
  const maxSeqLength = lengthOfTexts(settings, longest);
  if (maxSeqLength > longest)
    throw expected(`at most ${longest}, the model's longest input,`, "maxSeqLength", maxSeqLength);
  return { maxSeqLength, lengths: (rows) => tokensOf(rows, tokenizer) };
}

async function tokensOf(rows: readonly InspectedRow[], tokenizer: TextTokenizer): Promise<number[]> {
  const encodings = await tokenizer.encodeBatch(rows.flatMap(({ inputs }) => inputs));
  const lengths = encodings.map(({ inputIds }) => inputIds.length).values();
  return rows.map(({ inputs }) => inputs.reduce((most) => Math.max(most, lengths.next().value!), 0));
}
