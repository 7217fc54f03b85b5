import { loadWeights } from "../checkpoint/load-weights.js";
import { readConfig } from "../checkpoint/model-directory.js";
import { packSequences } from "../data/packing.js";
import { LibbertError } from "../errors.js";
import { isCausal } from "../models/bert-config.js";
import { BertForPreTraining } from "../models/pretraining.js";
import { withoutInitialisation } from "../nn/init.js";
import { FlatParameters } from "../optim/flat-parameters.js";
import { noGrad } from "../tensor/autograd.js";
import { tensor } from "../tensor/create.js";
import { scope } from "../tensor/scope.js";
import { BertTokenizer } from "../tokenizer/bert-tokenizer.js";
import { chooseCompute } from "./compute.js";
import type { FillMaskSettings, MaskPrediction } from "./fill-mask-options.js";
import { toBertInput } from "./packed-input.js";

/** The likeliest tokens for every `[MASK]` of every text. */
export async function fillMask(settings: FillMaskSettings): Promise<MaskPrediction[][][]> {
  const { model: directory, texts, topK, device, dtype } = settings;
  const tokenizer = await BertTokenizer.load(directory);
  const config = readConfig(directory);
  if (isCausal(config)) {
    const received = "one that predicts the next word";
    throw new LibbertError(
      "ERR_CHECKPOINT",
      `${directory}: Expected a masked-word model but received ${received}`,
    );
  }
  const model = withoutInitialisation(() => new BertForPreTraining(config)).eval();
  // Next-sentence head and pooler have no part in this.
  loadWeights(model, directory, {
    mayLack: ["bert.pooler.", "cls.seq_relationship."],
    mayIgnore: ["classifier."],
  });
  const compute = chooseCompute(device, dtype);
  const parameters = new FlatParameters(model.namedParameters(), compute.dtype);
  try {
    const encodings = await tokenizer.encodeBatch(texts, { maxLength: config.max_position_embeddings });
    return encodings.map((encoding, index) => {
      const positions = masksIn(encoding.inputIds, tokenizer.maskId, texts[index]!);
      return predictAt(model, encoding, positions, { topK, device: compute.device, tokenizer });
    });
  } finally {
    parameters.dispose();
  }
}

function masksIn(inputIds: Int32Array, maskId: number, text: string): Int32Array {
  const positions = Int32Array.from(inputIds.keys()).filter((position) => inputIds[position] === maskId);
  if (positions.length > 0) return positions;
  throw new LibbertError(
    "ERR_DATA",
    `Expected a text with [MASK] in it but received ${JSON.stringify(text)}`,
  );
}

function predictAt(
  model: BertForPreTraining,
  encoding: { inputIds: Int32Array; tokenTypeIds: Uint8Array },
  positions: Int32Array,
  { topK, device, tokenizer }: { topK: number; device: string; tokenizer: BertTokenizer },
): MaskPrediction[][] {
  return scope(() =>
    noGrad(() => {
      const input = toBertInput(packSequences([encoding], [0]), device);
      const { wordLogits } = model.forward(input, tensor(positions, { device })); // [M, V]
      const { values, indices } = wordLogits.to("float32").softmax(-1).topk(topK); // [M, topK]
      const [scores, ids] = [values.toArray(), indices.toArray()];
      return Array.from(positions, (_, mask) =>
        Array.from({ length: topK }, (_, rank) => ({
          token: tokenizer.idToToken(ids[mask * topK + rank]!)!,
          score: scores[mask * topK + rank]!,
        })),
      );
    }),
  );
}
