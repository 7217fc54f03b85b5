import type { Activation } from "./activation.js";

/** The shape of an encoder, whichever family's `config.json` it was read from. */
export interface EncoderConfig {
  /** Rows of the word table: how many tokens there are. */
  vocabSize: number;
  /** Width of the hidden states. */
  hiddenSize: number;
  /** Width of the tables of embeddings where a layer takes them to `hiddenSize`; null where there is no such layer. */
  embeddingSize: number | null;
  /** Layers of attention and feed-forward network. */
  numHiddenLayers: number;
  /** Heads of each attention; each is `hiddenSize / numAttentionHeads` wide. */
  numAttentionHeads: number;
  /** Width of the feed-forward layers. */
  intermediateSize: number;
  /** Of the feed-forward layers. */
  activation: Activation;
  /** After the embeddings, and after the feed-forward network. */
  hiddenDropout: number;
  /** Of the attention probabilities. */
  attentionDropout: number;
  /** After attention's own output. */
  attentionOutputDropout: number;
  /** Rows of the position table. */
  maxPositionEmbeddings: number;
  /** The row of a text's first token: 0, or 2 in RoBERTa, whose first two stand for padding. */
  firstPosition: number;
  /** Rows of the segment table; 0 where there is none. */
  typeVocabSize: number;
  /** Id of the padding token, whose row of the table gets no gradient from look-ups; null for none. */
  paddingId: number | null;
  /** Standard deviation of new weights. */
  initializerRange: number;
  /** What LayerNorm adds to the variance. */
  layerNormEps: number;
  /** Whether a masked-word head decodes with the word embeddings. */
  tiesWordEmbeddings: boolean;
  /** Dropout before a head's output layer, by kind of head. */
  headDropout: {
    /** Of `SequenceHead`. */
    sequence: number;
    /** Of `SequenceHead` where it gives one output for each choice. */
    choice: number;
    /** Of `TokenHead`. */
    token: number;
    /** Of `AnswerHead`. */
    answer: number;
  };
}

/** The width of the tables of embeddings. */
export function embeddingWidth({ embeddingSize, hiddenSize }: EncoderConfig): number {
  return embeddingSize ?? hiddenSize;
}

/** The most tokens that an encoder has positions for. */
export function longestSequence({ maxPositionEmbeddings, firstPosition }: EncoderConfig): number {
  return maxPositionEmbeddings - firstPosition;
}
