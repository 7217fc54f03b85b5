import { sumOf } from "../../arrays.js";
import type { SentenceFiles } from "../../checkpoint/sentence/model.js";
import type { RowInput } from "../../data/readers/rows.js";
import { readVectorExamples, type VectorExample } from "../../data/vector-rows.js";
import type { LongTexts } from "../../features/long-texts.js";
import { chosenPrompt, type TextRole } from "../../features/prompt.js";
import { countPromptTokens, type PreparedAs, preparedTexts } from "../../features/sentence-texts.js";
import { encodeTexts } from "../../features/text-windows.js";
import type { Encoding } from "../../tokenizer/encoding.js";
import type { TextTokenizer } from "../../tokenizer/text-tokenizer.js";
import type { Examples, ReadOptions } from "../head.js";
import type { ReadTexts } from "../texts/examples.js";

/** Rows of C texts each, those of a row one after the other; an item is a row. */
export interface VectorExamples extends Examples, ReadTexts {
  /** C */
  texts: number;
  /** A number for each text, the same for the same text; `NO_TEXT` where a row lacks one. */
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

/** Stands for a text that counts for nothing, and is no row's: it was mined, and not found. */
export const NO_TEXT = -1;

/** A teacher's answers to the texts of some rows, by column; none to a column that nothing is learnt of. */
export type TaughtColumns = readonly (readonly Float32Array[])[];

/** How texts become tokens. */
export interface TextReader {
  tokenizer: TextTokenizer;
  maxSeqLength: number;
  texts: TextsPrepared;
  longTexts: LongTexts | null;
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
  { tokenizer, maxSeqLength, texts: prepared, longTexts }: TextReader,
  { signal, keepTexts = false, ...reading }: ReadOptions & { mayBeSingle?: boolean; keepTexts?: boolean },
  onExamples: (examples: readonly VectorExample[]) => void,
): Promise<VectorExamples> {
  const encodings: Encoding[] = [];
  const windowStarts = [0];
  const prompts = await promptsOf(tokenizer, prepared, maxSeqLength);
  const scores: number[] = [];
  const known = new Map<string, number>();
  const ids: number[] = [];
  const locations: string[] = [];
  for await (const examples of readVectorExamples(source, reading)) {
    signal?.throwIfAborted();
    onExamples(examples);
    for (const { location } of examples) locations.push(location);
    for (const example of examples) for (const text of example.texts) ids.push(idOf(text, known));
    for (const { score } of examples) if (score !== undefined) scores.push(score);
    const roles = examples.flatMap(rolesOf);
    const prompted = examples
      .flatMap((example) => example.texts)
      .flatMap((text, index) => preparedTexts([text], tokenizer, prompts[roles[index]!]));
    const read = await encodeTexts(tokenizer, prompted, {
      maxLength: maxSeqLength,
      longTexts,
      locations: examples.flatMap(({ texts, location }) => texts.map(() => location)),
      promptTokens: roles.map((role) => prompts[role].tokens),
    });
    for (const windows of read) {
      for (const window of windows) encodings.push(window);
      windowStarts.push(encodings.length);
    }
  }
  const rows = locations.length;
  const read = longTexts ? { encodings, windowStarts } : { encodings };
  const truncated = encodings.filter((encoding) => encoding.truncated).length;
  const textIds = Int32Array.from(ids);
  const tokens = () => encodings.map(({ inputIds }) => inputIds);
  return {
    ...{ rows, locations },
    ...vectorExamples(read, textIds, (windowStarts.length - 1) / rows),
    ...(keepTexts && { distinctTexts: [...known.keys()] }),
    ...(scores.length > 0 && { scores: Float64Array.from(scores) }),
    tokens,
    *content() {
      yield* tokens();
      yield textIds; // texts of the same tokens may differ
      yield Float64Array.from(scores);
    },
    notices: truncated > 0 ? [`texts cut to ${maxSeqLength} tokens: ${truncated}`] : [],
  };
}

/** What there is of rows of so many texts each. */
export function vectorExamples(read: ReadTexts, textIds: Int32Array, texts: number) {
  const { encodings, windowStarts } = read;
  const startOf = (text: number) => windowStarts?.[text] ?? text;
  const lengthOf = (row: number) => {
    const own = encodings.slice(startOf(row * texts), startOf((row + 1) * texts));
    return sumOf(own.map(({ inputIds }) => inputIds.length));
  };
  return {
    ...{ ...read, texts, textIds },
    lengths: Int32Array.from({ length: textIds.length / texts }, (_, row) => lengthOf(row)),
    textsOf: (row: number) => textIds.subarray(row * texts, (row + 1) * texts).filter((id) => id !== NO_TEXT),
  };
}

type Role = keyof TextsPrepared["prompts"];

/** What each text of a row is. */
function rolesOf({ texts, score }: VectorExample): Role[] {
  if (score !== undefined || texts.length === 1) return texts.map(() => "either");
  return texts.map((_, index) => (index === 0 ? "anchor" : "other"));
}

/** What texts of each role get, and how many tokens their prompts have. */
async function promptsOf(
  tokenizer: TextTokenizer,
  { lowercase, prompts }: TextsPrepared,
  maxSeqLength: number,
): Promise<Record<Role, PreparedAs & { tokens: number }>> {
  const of = async (prompt: string) => {
    const prepared = { lowercase, prompt };
    return { ...prepared, tokens: await countPromptTokens(tokenizer, prepared, maxSeqLength) };
  };
  return {
    anchor: await of(prompts.anchor),
    other: await of(prompts.other),
    either: await of(prompts.either),
  };
}

function idOf(text: string, known: Map<string, number>): number {
  const id = known.get(text) ?? known.size;
  known.set(text, id);
  return id;
}
