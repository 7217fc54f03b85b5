import type { PackedBatch } from "../../data/packing.js";
import { LibbertError } from "../../errors.js";
import { cat } from "../../tensor/create.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { BertTokenizer } from "../../tokenizer/bert-tokenizer.js";
import type { Encoding } from "../../tokenizer/encoding.js";
import type { MaskPrediction } from "./prediction.js";

/** @throws ERR_DATA when a text has no `[MASK]`, or has one beyond the tokens that the model reads */
export function checkMasks(texts: readonly string[], encodings: readonly Encoding[], maskId: number): void {
  for (const [index, text] of texts.entries()) {
    const { inputIds, truncated } = encodings[index]!;
    const kept = inputIds.filter((id) => id === maskId).length;
    if (kept === 0 && truncated === 0) throw badText("a text with [MASK] in it", text);
    const written = text.split("[MASK]").length - 1;
    if (kept < written) throw badText(`every [MASK] within the first ${inputIds.length} tokens`, text);
  }
}

/** The places of `[MASK]` in a batch, rising. */
export function masksIn(inputIds: ArrayLike<number>, maskId: number): Int32Array {
  const masks = new Int32Array(inputIds.length);
  let count = 0;
  for (let place = 0; place < inputIds.length; place++)
    if (inputIds[place] === maskId) masks[count++] = place;
  return masks.subarray(0, count);
}

/** Where each sequence's masks start among all masks of a batch, and at the end their number. */
export function maskStarts({ inputIds, cuSeqlens }: PackedBatch, maskId: number): Int32Array {
  const masks = masksIn(inputIds, maskId);
  return cuSeqlens.map((start) => {
    const next = masks.findIndex((place) => place >= start);
    return next < 0 ? masks.length : next;
  });
}

/** logits [M, V] → the K best probabilities of each mask and, behind them, the K words [M, 2 K], in float32 */
export function bestWords(logits: Tensor, topK: number): Tensor {
  const { values, indices } = logits.to("float32").softmax(-1).topk(topK);
  return cat([values, indices.to("float32")], 1); // ids stay exact: they are below 2^24
}

/** One sequence's rows of `bestWords` as predictions: for each mask its tokens, the likeliest first. */
export function maskPredictions(
  rows: Float32Array,
  topK: number,
  tokenizer: BertTokenizer,
): MaskPrediction[][] {
  return Array.from({ length: rows.length / (2 * topK) }, (_, mask) => {
    const row = rows.subarray(2 * topK * mask, 2 * topK * (mask + 1));
    const ids = row.subarray(topK);
    return Array.from(ids, (id, rank) => ({ token: tokenizer.idToToken(id)!, score: row[rank]! }));
  });
}

function badText(what: string, text: string): LibbertError {
  return new LibbertError("ERR_DATA", `Expected ${what} but received ${JSON.stringify(text)}`);
}
