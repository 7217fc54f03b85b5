import type { SentenceFiles } from "../../checkpoint/sentence/model.js";
import type { RowInput } from "../../data/readers/rows.js";
import { readVectorExamples, type VectorColumns, type VectorExample } from "../../data/vector-rows.js";
import { chosenPrompt, type TextRole } from "../../features/prompt.js";
import { preparedTexts } from "../../features/sentence-texts.js";
import type { Encoding } from "../../tokenizer/encoding.js";
import type { TextTokenizer, TokenizerInput } from "../../tokenizer/text-tokenizer.js";
import type { Examples, ReadOptions } from "../head.js";

/** Rows of C texts each; an item is a row. */
export interface VectorExamples extends Examples {
  /** C */
  texts: number;
  /** Of every text, those of a row one after the other. */
  encodings: Encoding[]; // [rows C]
  /** A number for each text, the same for the same text. */
  textIds: Int32Array; // [rows C]
  /** Of each row; only where rows have them. */
  scores?: Float64Array; // [rows]
}

/** How texts become tokens. */
export interface TextReader {
  tokenizer: TextTokenizer;
  maxSeqLength: number;
  texts: TextsPrepared;
}

/** What texts get before the tokenizer sees them. */
export interface TextsPrepared {
  lowercase: boolean;
  /** What stands before an anchor, before what it is compared with, and before two texts of which neither is the anchor. */
  prompts: { anchor: string; other: string; either: string };
}

/** By the prompts that the model's files have for searches, and for all texts. */
export function preparedAs({ lowercase, vectors }: SentenceFiles): TextsPrepared {
  const promptFor = (role?: TextRole) => chosenPrompt(vectors.prompts, { role });
  return {
    lowercase,
    prompts: { anchor: promptFor("query"), other: promptFor("document"), either: promptFor() },
  };
}

/**
 * Rows as the model reads them.
 *
 * @throws ERR_DATA, naming the location; the signal's reason
 */
export async function readEncodedVectors(
  source: RowInput,
  { tokenizer, maxSeqLength, texts: prepared }: TextReader,
  { name, columns, columnNames, others, limit, signal }: ReadOptions,
): Promise<VectorExamples> {
  const encodings: Encoding[] = [];
  const scores: number[] = [];
  const known = new Map<string, number>();
  const ids: number[] = [];
  let rows = 0;
  const reading = { name, columns: columns as VectorColumns | undefined, columnNames, others, limit };
  for await (const examples of readVectorExamples(source, reading)) {
    signal?.throwIfAborted();
    rows += examples.length;
    for (const example of examples) for (const text of example.texts) ids.push(idOf(text, known));
    for (const { score } of examples) if (score !== undefined) scores.push(score);
    const prompted = examples.flatMap((example) => promptedTexts(example, tokenizer, prepared));
    for (const encoding of await tokenizer.encodeBatch(prompted, { maxLength: maxSeqLength }))
      encodings.push(encoding);
  }
  const texts = encodings.length / rows;
  const textIds = Int32Array.from(ids);
  const lengthOf = (row: number) =>
    encodings.slice(row * texts, (row + 1) * texts).reduce((sum, { inputIds }) => sum + inputIds.length, 0);
  const truncated = encodings.filter((encoding) => encoding.truncated).length;
  return {
    ...{ rows, texts, encodings, textIds },
    ...(scores.length > 0 && { scores: Float64Array.from(scores) }),
    lengths: Int32Array.from({ length: rows }, (_, row) => lengthOf(row)),
    textsOf: (row) => textIds.subarray(row * texts, (row + 1) * texts),
    *content() {
      for (const { inputIds } of encodings) yield inputIds;
      yield Float64Array.from(scores);
    },
    notices: truncated > 0 ? [`texts cut to ${maxSeqLength} tokens: ${truncated}`] : [],
  };
}

function promptedTexts(
  { texts, score }: VectorExample,
  tokenizer: TextTokenizer,
  { lowercase, prompts }: TextsPrepared,
): TokenizerInput[] {
  if (score !== undefined) return preparedTexts(texts, tokenizer, { lowercase, prompt: prompts.either });
  const [anchor, ...others] = texts;
  return [
    ...preparedTexts([anchor!], tokenizer, { lowercase, prompt: prompts.anchor }),
    ...preparedTexts(others, tokenizer, { lowercase, prompt: prompts.other }),
  ];
}

function idOf(text: string, known: Map<string, number>): number {
  const id = known.get(text) ?? known.size;
  known.set(text, id);
  return id;
}
