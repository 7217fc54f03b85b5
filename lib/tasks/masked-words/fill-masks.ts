import { describe, LibbertError } from "../../errors.js";
import type { PackedBatch } from "../../models/packing.js";
import { cat } from "../../tensor/create.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { Encoding } from "../../tokenizer/encoding.js";
import type { TextTokenizer } from "../../tokenizer/text-tokenizer.js";
import type { MaskPrediction } from "./prediction.js";

/** @throws ERR_DATA when a text has no mask, or has one beyond the tokens that the model reads */
export function checkMasks(
  texts: readonly string[],
  encodings: readonly Encoding[],
  { maskId, maskToken }: Pick<TextTokenizer, "maskId" | "maskToken">,
): void {
  for (const [index, text] of texts.entries()) {
    const { inputIds, truncated } = encodings[index]!;
    const kept = inputIds.filter((id) => id === maskId).length;
    const written = text.split(maskToken).length - 1;
    if (kept === 0 && (written === 0 || !truncated)) throw badText(`a text with ${maskToken} in it`, text);
    if (kept < written) throw badText(`every ${maskToken} within the first ${inputIds.length} tokens`, text);
  }
}

/** The positions of the masks in a batch, rising. */
export function masksIn(inputIds: ArrayLike<number>, maskId: number): Int32Array {
  const masks = new Int32Array(inputIds.length);
  let count = 0;
  for (let position = 0; position < inputIds.length; position++)
    if (inputIds[position] === maskId) masks[count++] = position;
  return masks.subarray(0, count);
}

/** Where each sequence's masks start among all masks of a batch, and at the end their number. */
export function maskStarts({ inputIds, cuSeqlens }: PackedBatch, maskId: number): Int32Array {
  const masks = masksIn(inputIds, maskId);
  return cuSeqlens.map((start) => {
    const next = masks.findIndex((position) => position >= start);
    return next < 0 ? masks.length : next;
  });
}

/**
 * logits [M, V] → the K best probabilities of each mask and, behind them, the K words [M, 2 K], in float32
 *
 * @param options.vocabSize words that the tokenizer has: the rows of a table that is longer stand for none
 */
export function bestWords(logits: Tensor, { topK, vocabSize }: { topK: number; vocabSize: number }): Tensor {
  const probabilities = logits.to("float32").softmax(-1).narrow(1, 0, vocabSize);
  const { values, indices } = probabilities.topk(topK);
  return cat([values, indices.to("float32")], 1); // ids stay exact: they are below 2^24
}

/** One sequence's rows of `bestWords` as predictions: for each mask its tokens, the likeliest first. */
export function maskPredictions(
  rows: Float32Array,
  topK: number,
  tokenizer: Pick<TextTokenizer, "idToToken">,
): MaskPrediction[][] {
  return Array.from({ length: rows.length / (2 * topK) }, (_, mask) => {
    const row = rows.subarray(2 * topK * mask, 2 * topK * (mask + 1));
    const ids = row.subarray(topK);
    return Array.from(ids, (id, rank) => ({ token: tokenizer.idToToken(id)!, score: row[rank]! }));
  });
}

function badText(what: string, text: string): LibbertError {
  return new LibbertError("ERR_DATA", `Expected ${what} but received ${describe(text)}`);
}
