import { LibbertError } from "../errors.js";

/** The ids of the special tokens around one text, or around two and between them. */
export interface Frame {
  /** Stand before the first text: `[CLS]`. */
  open: readonly number[];
  /** Stand between the texts of a pair only: `[SEP]`, of RoBERTa `</s></s>`. */
  between: readonly number[];
  /** Stand behind the last text: `[SEP]`. */
  close: readonly number[];
  /** Whether the second text and what closes it have token type 1; else all types are 0. */
  segments: boolean;
  /** There where the model has no token type 1, so that it takes no pairs. */
  takesNoPairs?: true;
}

/** What a model reads. */
export interface FramedTexts {
  inputIds: Int32Array; // [tokens]
  tokenTypeIds: Uint8Array; // [tokens]
}

/**
 * One or two tokenized texts in their frame.
 *
 * @throws LibbertError ERR_DATA for a pair where the model takes none
 */
export function framed(texts: readonly ArrayLike<number>[], frame: Frame): FramedTexts {
  if (texts.length === 2 && frame.takesNoPairs)
    throw new LibbertError(
      "ERR_DATA",
      "Expected one text, as the model has a single segment (type_vocab_size 1 in its config.json), but received a pair of texts",
    );
  const parts = framedParts(texts, frame);
  const inputIds = new Int32Array(parts.reduce((tokens, part) => tokens + part.length, 0));
  let start = 0;
  for (const part of parts) {
    inputIds.set(part, start);
    start += part.length;
  }
  const tokenTypeIds = new Uint8Array(inputIds.length);
  if (frame.segments && texts.length === 2) tokenTypeIds.fill(1, textStart(frame, [texts[0]!.length], 1));
  return { inputIds, tokenTypeIds };
}

/** How many special tokens stand around one text, or around and between two. */
export function specialTokenCount({ open, between, close }: Frame, texts: 1 | 2): number {
  return open.length + close.length + (texts === 2 ? between.length : 0);
}

/**
 * The position of a text's first token in the sequence.
 *
 * @param lengths how many tokens each text has; of the texts before it, at least
 * @param index which text, 0 or 1
 */
export function textStart({ open, between }: Frame, lengths: readonly number[], index: 0 | 1): number {
  return index === 0 ? open.length : open.length + lengths[0]! + between.length;
}

function framedParts([first, second]: readonly ArrayLike<number>[], { open, between, close }: Frame) {
  return second === undefined ? [open, first!, close] : [open, first!, between, second, close];
}
