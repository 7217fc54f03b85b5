/** A text, or a pair of texts, as the model reads it: `[CLS] first [SEP]` or `[CLS] first [SEP] second [SEP]`. */
export interface Encoding {
  inputIds: Int32Array; // [tokens]
  /** 0 for the first text and the special tokens around it, 1 for the second and its `[SEP]`. */
  tokenTypeIds: Uint8Array; // [tokens]
  /** How many tokens truncation cut off. */
  truncated: number;
}

/** An encoding that also says where in the text each token comes from. */
export interface AlignedEncoding extends Encoding {
  /** The word each token is a piece of, counted from 0 within its own text; `null` for special tokens. */
  wordIds: (number | null)[]; // [tokens]
  /** Start and end of each token in its own text, in UTF-16 units as `slice` takes them; 0, 0 for special tokens. */
  offsets: [start: number, end: number][]; // [tokens]
}

/** The special tokens that stand around the texts. */
export interface Frame {
  clsId: number;
  sepId: number;
}

/** What one text has for each of its tokens. */
export interface TextAlignment {
  wordIds: (number | null)[];
  offsets: [number, number][];
}

/** Puts one or two tokenized texts into `frame`, cut to `maxLength` tokens in all. */
export function frameTexts(texts: readonly number[][], frame: Frame, maxLength: number): Encoding {
  const kept = keptLengths(texts, maxLength - (texts.length + 1));
  const total = sum(kept) + texts.length + 1;
  const inputIds = new Int32Array(total);
  const tokenTypeIds = new Uint8Array(total);
  inputIds[0] = frame.clsId;
  let next = 1;
  for (const [type, ids] of texts.entries()) {
    const start = next;
    for (let token = 0; token < kept[type]!; token++) inputIds[next++] = ids[token]!;
    inputIds[next++] = frame.sepId;
    if (type > 0) tokenTypeIds.fill(type, start, next);
  }
  return { inputIds, tokenTypeIds, truncated: sum(texts.map((ids) => ids.length)) - sum(kept) };
}

/** Lays the alignment of one or two texts along the tokens that `frameTexts` kept of them. */
export function frameAlignment(texts: readonly TextAlignment[], maxLength: number): TextAlignment {
  const kept = keptLengths(
    texts.map((text) => text.offsets),
    maxLength - (texts.length + 1),
  );
  const framed: TextAlignment = { wordIds: [null], offsets: [[0, 0]] };
  for (const [type, text] of texts.entries()) {
    framed.wordIds = framed.wordIds.concat(text.wordIds.slice(0, kept[type]), null);
    framed.offsets = framed.offsets.concat(text.offsets.slice(0, kept[type]), [[0, 0]]);
  }
  return framed;
}

/**
 * How many tokens of each text fit into `budget`: tokens go from the end of the longer text until both are equally
 * long, then from both in turn. An odd token stays with the longer text, or the second of two as long, as in the
 * tokenizers library (`longest_first`).
 */
function keptLengths(texts: readonly ArrayLike<unknown>[], budget: number): number[] {
  const lengths = texts.map((text) => text.length);
  if (sum(lengths) <= budget) return lengths;
  const [first, second] = lengths;
  if (second === undefined) return [budget];
  const shorter = Math.min(first!, second, Math.floor(budget / 2));
  return first! > second ? [budget - shorter, shorter] : [shorter, budget - shorter];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
