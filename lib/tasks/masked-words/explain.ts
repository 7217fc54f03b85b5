import { expected } from "../../errors.js";
import type { Explained } from "../../explanation/explanation.js";
import type { ExplainChoices } from "../../explanation/options.js";
import { tensor } from "../../tensor/create.js";
import type { AlignedEncoding } from "../../tokenizer/encoding.js";
import type { HeadModel } from "../head.js";
import { checkMasks, masksIn } from "./fill-masks.js";
import type { MaskedWordsTypes } from "./types.js";

/**
 * The logit of a token at a mask. Masks stay where they are, as special tokens do.
 *
 * @throws ERR_OPTION for a mask or token that is not there; ERR_DATA as `predict` of the task
 */
export async function explainMask(
  model: HeadModel<MaskedWordsTypes>,
  text: string,
  { target, mask = 0 }: ExplainChoices,
  signal?: AbortSignal,
): Promise<Explained> {
  const { tokenizer, maxSeqLength, network, compute } = model;
  const [encoding] = (await tokenizer.encodeBatchAligned([text], { maxLength: maxSeqLength })) as [
    AlignedEncoding,
  ];
  checkMasks([text], [encoding], tokenizer);
  const masks = masksIn(encoding.inputIds, tokenizer.maskId);
  const place = masks[mask];
  if (place === undefined)
    throw expected(`the number of a mask, of which there are ${masks.length},`, "mask", mask);
  const id =
    target === undefined
      ? await likeliest(model, encoding, mask, signal)
      : tokenizer.tokenToId(String(target));
  if (id === null)
    throw expected("a token of the model's vocabulary, as predict() gives them,", "target", target);
  const wordIds = encoding.wordIds.map((word, token) =>
    encoding.inputIds[token] === tokenizer.maskId ? null : word,
  );
  return {
    encoding: { ...encoding, wordIds },
    texts: [text],
    target: tokenizer.idToToken(id)!,
    mask,
    output({ lastHiddenState }, { cuSeqlens }) {
      const starts = cuSeqlens.toArray().subarray(0, -1);
      const rows = tensor(
        Int32Array.from(starts, (start) => start + place),
        { device: compute.device },
      );
      const logits = network.head.forward(lastHiddenState.indexSelect(0, rows), network.encoder);
      return logits.narrow(1, id, 1).to("float32").squeeze(-1);
    },
  };
}

/** The token that is likeliest at a mask. */
async function likeliest(
  model: HeadModel<MaskedWordsTypes>,
  encoding: AlignedEncoding,
  mask: number,
  signal?: AbortSignal,
): Promise<number> {
  const [best] = await model.infer([encoding], signal, { topK: 1 }); // of each mask a probability, and the token
  return best![2 * mask + 1]!;
}
