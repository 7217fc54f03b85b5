import { type Checkpoint, longestInput, withVectors } from "../checkpoint/checkpoint.js";
import { loadedNetwork } from "../checkpoint/load-network.js";
import { loadedWeights } from "../checkpoint/model-weights.js";
import { whyNonFinite } from "../checkpoint/non-finite.js";
import type { ModelToSave, SavedBeside } from "../checkpoint/save-model.js";
import { CheckpointWeights } from "../checkpoint/weights.js";
import type { OutputDirectory } from "../files/output-directory.js";
import { longestSequence } from "../models/encoder-config.js";
import { NoHead } from "../models/heads/no-head.js";
import { Network, packForPrediction } from "../models/network.js";
import type { Compute } from "../tensor/compute.js";
import { encoderCard } from "./card.js";
import { FeatureExtractor } from "./extractor.js";
import { storedLongTexts } from "./long-texts.js";

/** An encoder on the compute thread without a layer on top: good for features and embeddings. */
export interface SavedEncoder {
  readonly features: FeatureExtractor;
  /** What `save` writes. */
  toSave(beside?: SavedBeside): ModelToSave;
  /** See `saveModel` and `withVectors`. */
  save(output: OutputDirectory, beside?: SavedBeside): Promise<void>;
  dispose(): void;
}

/**
 * The encoder of a checkpoint; whatever layer that has on top is passed over.
 *
 * @throws ERR_CHECKPOINT when a weight is missing or does not fit
 */
export function savedEncoder(checkpoint: Checkpoint, compute: Compute): SavedEncoder {
  const { directory, family, encoder, tokenizer, sentences } = checkpoint;
  const layout = { family, head: null };
  const maxSeqLength = Math.min(sentences.maxSeqLength ?? longestInput(checkpoint), longestSequence(encoder));
  const stored = new CheckpointWeights(directory);
  try {
    const make = () => new Network(family.createEncoder(encoder), new NoHead());
    const { network } = loadedNetwork(make, stored, { ...layout, encoder }, compute);
    const weights = loadedWeights(network, layout, stored);
    packForPrediction(network, { int8: compute.int8 });
    const toSave = ({ terms, report, newVectors }: SavedBeside = {}): ModelToSave => {
      const saved = withVectors(checkpoint, newVectors, maxSeqLength);
      const card = { use: encoderCard(saved.sentences.model !== null), training: null, terms };
      return { checkpoint: saved, head: null, fields: {}, maxSeqLength, weights, card, report };
    };
    return {
      features: new FeatureExtractor(network.encoder, {
        ...{ tokenizer, maxSeqLength, sentences },
        longTexts: storedLongTexts(checkpoint, { frame: tokenizer.frame, maxSeqLength }),
        device: compute.device,
        whyNonFinite: () => whyNonFinite(weights),
      }),
      toSave,
      async save(output, beside) {
        const { saveModel } = await import("../checkpoint/save-model.js");
        return saveModel(output, toSave(beside));
      },
      dispose: () => weights.dispose(),
    };
  } catch (error) {
    stored[Symbol.dispose]();
    throw error;
  }
}
