import type { Checkpoint } from "../../checkpoint/checkpoint.js";
import { NO_LABELS } from "../../checkpoint/labels.js";
import { hasOwnDecoder } from "../../checkpoint/own-decoder.js";
import { CheckpointWeights } from "../../checkpoint/weights.js";
import { MaskedWordHead } from "../../models/heads/masked-word-head.js";
import { withRoundedWords } from "../../models/rounded-batch.js";
import { crossEntropySum } from "../../nn/functional.js";
import { tensor } from "../../tensor/create.js";
import type { TaskHead } from "../head.js";
import { readingsOf } from "../readings.js";
import { truncatedField } from "../texts/truncated.js";
import { maskedWordsEvaluation } from "./evaluation.js";
import { readWindows } from "./examples.js";
import { explainMask } from "./explain.js";
import { bestWords, checkMasks, maskPredictions, maskStarts, masksIn } from "./fill-masks.js";
import { maskedWordsBatch, maskingFor } from "./masked-batch.js";
import { maskedWordsLogits } from "./masked-logits.js";
import { maskedWords } from "./spec.js";
import type { MaskedWordsTypes } from "./types.js";

/**
 * Fills masked words (paper, section 3.1, task 1); a model learns it from texts of one's own, before another task, so that its
 * encoder gets to know their language.
 */
export const maskedWordsHead: TaskHead<MaskedWordsTypes> = {
  spec: maskedWords,
  kind: "masked-lm",

  async prepare(preparation) {
    const { checkpoint, maxSeqLength, options, train, validation, notify } = preparation;
    const { tokenizer } = checkpoint;
    const { maskRate, wholeWord } = options;
    const masking = maskingFor(tokenizer, { maxSeqLength, maskRate, wholeWord });
    const reader = { tokenizer, maxSeqLength, masking };
    const readings = readingsOf(preparation, options);
    if (!hasHead(checkpoint)) notify("the checkpoint has no masked-word head: it gets a new one");
    return {
      config: { labels: [], maskRate, wholeWord, hasOwnDecoder: hasOwnDecoder(checkpoint) },
      train: await readWindows(train, reader, readings.train),
      ...(validation !== undefined && {
        validation: await readWindows(validation, reader, readings.validation),
      }),
    };
  },

  stored: (checkpoint) => ({ labels: [], hasOwnDecoder: hasOwnDecoder(checkpoint) }),
  fields: (config) => ({ ...NO_LABELS, ...(config.hasOwnDecoder && { tie_word_embeddings: false }) }),
  layers: ({ family, encoder }, config) =>
    new MaskedWordHead(encoder, family.wordActivation(encoder), config.hasOwnDecoder),
  continues: () => true, // with what a checkpoint has of the head

  read(model, source, options) {
    const { tokenizer, maxSeqLength, config } = model;
    const masking = maskingFor(tokenizer, { ...config, maxSeqLength });
    return readWindows(source, { tokenizer, maxSeqLength, masking }, options);
  },
  batch: (_, { windows, masking }, items, context) => maskedWordsBatch(windows, items, masking, context),
  counts: (_, { maskedLabels }) => ({ words: maskedLabels.length }),
  rounded: withRoundedWords,
  /** With whole words, a short window may have no word that is short enough to be masked. */
  loss(model, batch, totals) {
    const { logits, labels } = maskedWordsLogits(model, batch);
    return crossEntropySum(logits, labels).div(totals.words!);
  },
  evaluate: maskedWordsEvaluation,

  rowsPer:
    ({ tokenizer }) =>
    (batch) =>
      maskStarts(batch, tokenizer.maskId),
  /** A row for each mask: the best probabilities and their words, [M, 2 topK]. */
  output({ network, tokenizer, compute }, encoded, input, options) {
    const { topK } = options as { topK: number };
    const masks = masksIn(input.inputIds.toArray(), tokenizer.maskId);
    const positions = tensor(masks, { device: compute.device });
    const logits = network.head.forward(encoded.lastHiddenState.indexSelect(0, positions), network.encoder);
    return bestWords(logits, { topK, vocabSize: tokenizer.vocabSize });
  },
  explain: explainMask,

  /** @throws ERR_DATA when a text has no mask, or one behind the `maxSeqLength` tokens that the model reads */
  async predict(model, texts, { topK }, signal) {
    const { tokenizer, maxSeqLength } = model;
    const encodings = await tokenizer.encodeBatch(texts, { maxLength: maxSeqLength });
    checkMasks(texts, encodings, tokenizer);
    const count = Math.min(topK, tokenizer.vocabSize);
    const rows = await model.infer(encodings, signal, { topK: count });
    return rows.map((own, index) =>
      Object.assign(maskPredictions(own, count, tokenizer), truncatedField(encodings[index]!)),
    );
  },
};

function hasHead({ directory, family }: Checkpoint): boolean {
  const beginnings = Object.values(family.heads["masked-lm"]?.names ?? {});
  using weights = new CheckpointWeights(directory);
  return weights.names().some((name) => beginnings.some((beginning) => name.startsWith(beginning)));
}
