import type { SentenceFiles } from "../../checkpoint/sentence/model.js";
import type { RowInput } from "../../data/readers/rows.js";
import { readVectorExamples, type VectorExample } from "../../data/vector-rows.js";
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
  /** The texts by their numbers; only where they are wanted. */
  distinctTexts?: readonly string[];
  /** Where each row stands. */
  locations: readonly string[];
  /** Of each row; only where rows have them. */
  scores?: Float64Array; // [rows]
  /** What a teacher says of each text, by column: its vector, or its score with the row's anchor; only of training rows. */
  answers?: TaughtColumns; // [C][rows]
}

/** A teacher's answers to the texts of some rows, by column; none to a column that nothing is learnt of. */
export type TaughtColumns = readonly (readonly Float32Array[])[];

/** How texts become tokens. */
export interface TextReader {
  tokenizer: TextTokenizer;
  maxSeqLength: number;
  texts: TextsPrepared;
}

/** What texts get before the tokenizer sees them. */
export interface TextsPrepared {
  lowercase: boolean;
  /** What stands before an anchor, before what it is compared with, and before texts of which none is an anchor. */
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
 * @param reading.keepTexts whether the texts are kept. Default: false
 * @throws ERR_DATA, naming the location; the signal's reason
 */
export function readEncodedVectors(
  source: RowInput,
  reader: TextReader,
  reading: ReadOptions & { keepTexts?: boolean },
): Promise<VectorExamples> {
  return readExamples(source, reader, reading, () => {});
}

/** The same of rows that may have a text alone, with the texts themselves. */
export async function readTaughtVectors(
  source: RowInput,
  reader: TextReader,
  reading: ReadOptions,
): Promise<{ rows: VectorExamples; examples: VectorExample[] }> {
  const examples: VectorExample[] = [];
  const mayBeSingle = { ...reading, mayBeSingle: true };
  const rows = await readExamples(source, reader, mayBeSingle, (some) => examples.push(...some));
  return { rows, examples };
}

async function readExamples(
  source: RowInput,
  { tokenizer, maxSeqLength, texts: prepared }: TextReader,
  { signal, keepTexts = false, ...options }: ReadOptions & { mayBeSingle?: boolean; keepTexts?: boolean },
  onExamples: (examples: readonly VectorExample[]) => void,
): Promise<VectorExamples> {
  const encodings: Encoding[] = [];
  const scores: number[] = [];
  const known = new Map<string, number>();
  const ids: number[] = [];
  const locations: string[] = [];
  const { notify: _, ...reading } = options; // no column is guessed
  for await (const examples of readVectorExamples(source, reading)) {
    signal?.throwIfAborted();
    onExamples(examples);
    for (const { location } of examples) locations.push(location);
    for (const example of examples) for (const text of example.texts) ids.push(idOf(text, known));
    for (const { score } of examples) if (score !== undefined) scores.push(score);
    const prompted = examples.flatMap((example) => promptedTexts(example, tokenizer, prepared));
    for (const encoding of await tokenizer.encodeBatch(prompted, { maxLength: maxSeqLength }))
      encodings.push(encoding);
  }
  const rows = locations.length;
  const texts = encodings.length / rows;
  const textIds = Int32Array.from(ids);
  const lengthOf = (row: number) =>
    encodings.slice(row * texts, (row + 1) * texts).reduce((sum, { inputIds }) => sum + inputIds.length, 0);
  const truncated = encodings.filter((encoding) => encoding.truncated).length;
  return {
    ...{ rows, texts, encodings, textIds, locations },
    ...(keepTexts && { distinctTexts: [...known.keys()] }),
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
  if (score !== undefined || texts.length === 1)
    return preparedTexts(texts, tokenizer, { lowercase, prompt: prompts.either });
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
