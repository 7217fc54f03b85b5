import type { RowInput } from "../../data/readers/rows.js";
import type { Encoding } from "../../tokenizer/encoding.js";
import type { TextTokenizer } from "../../tokenizer/text-tokenizer.js";
import type { Examples, ReadOptions } from "../head.js";
import type { ChoiceInput } from "./prediction.js";
import { choicePairs, readChoiceExamples } from "./rows.js";

/** Rows with C choices each; an item is a row. */
export interface ChoiceExamples extends Examples {
  /** C */
  choices: number;
  /** The pair of texts of every choice, those of a row one after the other. */
  encodings: Encoding[]; // [rows C]
  /** The right choice of each row. */
  right: Int32Array; // [rows]
  /** Where each row stands. */
  locations: readonly string[];
  /** Not of training rows: they may be many. */
  inputs?: readonly ChoiceInput[];
  /** Rows of which a choice's texts lost tokens. */
  truncatedTexts: number;
}

/**
 * Labelled rows as the model reads them.
 *
 * @param options.keepInputs whether the texts are kept. Default: false
 * @throws ERR_DATA, naming the location; the signal's reason
 */
export async function readEncodedChoices(
  source: RowInput,
  { tokenizer, maxSeqLength }: { tokenizer: TextTokenizer; maxSeqLength: number },
  { name, columnNames, others, limit, signal, keepInputs = false }: ReadOptions & { keepInputs?: boolean },
): Promise<ChoiceExamples> {
  const encodings: Encoding[] = [];
  const right: number[] = [];
  const locations: string[] = [];
  const inputs: ChoiceInput[] = [];
  for await (const examples of readChoiceExamples(source, { name, columnNames, others, limit })) {
    signal?.throwIfAborted();
    for (const example of examples) {
      right.push(example.label);
      locations.push(example.location);
      if (keepInputs) inputs.push(example);
    }
    const pairs = examples.flatMap(choicePairs);
    const encoded = await tokenizer.encodeBatch(pairs, { maxLength: maxSeqLength });
    for (const encoding of encoded) encodings.push(encoding);
  }
  const choices = encodings.length / right.length;
  const rowsOf = <Value>(each: (own: Encoding[]) => Value) =>
    right.map((_, row) => each(encodings.slice(row * choices, (row + 1) * choices)));
  const rightChoices = Int32Array.from(right);
  const truncatedTexts = rowsOf((own) => own.some(({ truncated }) => truncated)).filter(Boolean).length;
  const tokens = () => encodings.map(({ inputIds }) => inputIds);
  return {
    rows: right.length,
    choices,
    encodings,
    right: rightChoices,
    locations,
    ...(keepInputs && { inputs }),
    lengths: Int32Array.from(rowsOf((own) => own.reduce((sum, { inputIds }) => sum + inputIds.length, 0))),
    tokens,
    *content() {
      yield* tokens();
      yield rightChoices;
    },
    truncatedTexts,
    notices: truncatedTexts > 0 ? [`rows with texts cut to ${maxSeqLength} tokens: ${truncatedTexts}`] : [],
  };
}
