import { z } from "zod";
import { parseFields } from "../../options/parse-fields.js";
import { BERT_LAYOUT } from "../../tokenizer/text-layout.js";
import { BertModel } from "../bert/bert-model.js";
import type { EncoderConfig } from "../encoder-config.js";
import {
  activation,
  consistent,
  count,
  deviation,
  dropout,
  epsilon,
  padding,
  unsupportedLayers,
} from "./config-fields.js";
import type { Family } from "./family.js";

/** The fields of `config.json`; the defaults are BERT-base's. RoBERTa has the same ones with other defaults. */
export const bertFields = z.looseObject({
  vocab_size: count.default(30522),
  hidden_size: count.default(768),
  num_hidden_layers: count.default(12),
  num_attention_heads: count.default(12),
  intermediate_size: count.default(3072),
  hidden_act: activation.default("gelu"),
  hidden_dropout_prob: dropout.default(0.1),
  attention_probs_dropout_prob: dropout.default(0.1),
  classifier_dropout: dropout.nullish(),
  max_position_embeddings: count.default(512),
  type_vocab_size: count.default(2),
  pad_token_id: padding.default(0),
  initializer_range: deviation.default(0.02),
  layer_norm_eps: epsilon.default(1e-12),
  tie_word_embeddings: z.boolean().nullish(),
  ...unsupportedLayers,
});

/** @param firstPosition the row of the position table for a text's first token */
export function bertShape(fields: z.output<typeof bertFields>, firstPosition: number): EncoderConfig {
  const beforeLastLayer = fields.classifier_dropout ?? fields.hidden_dropout_prob;
  return {
    vocabSize: fields.vocab_size,
    hiddenSize: fields.hidden_size,
    embeddingSize: null,
    numHiddenLayers: fields.num_hidden_layers,
    numAttentionHeads: fields.num_attention_heads,
    intermediateSize: fields.intermediate_size,
    activation: fields.hidden_act,
    hiddenDropout: fields.hidden_dropout_prob,
    attentionDropout: fields.attention_probs_dropout_prob,
    attentionOutputDropout: fields.hidden_dropout_prob,
    maxPositionEmbeddings: fields.max_position_embeddings,
    firstPosition,
    typeVocabSize: fields.type_vocab_size,
    paddingId: fields.pad_token_id,
    initializerRange: fields.initializer_range,
    layerNormEps: fields.layer_norm_eps,
    tiesWordEmbeddings: fields.tie_word_embeddings !== false,
    headDropout: { sequence: beforeLastLayer, choice: beforeLastLayer, token: beforeLastLayer, answer: 0 },
  };
}

/** The class of transformers for a BERT that reads from left to right and predicts the next word. */
const CAUSAL_ARCHITECTURE = "BertLMHeadModel";

const WORDS = {
  dense: "cls.predictions.transform.dense",
  LayerNorm: "cls.predictions.transform.LayerNorm",
  bias: "cls.predictions.bias",
  decoder: "cls.predictions.decoder",
};

/** Devlin et al. (2019). */
export const bert: Family = {
  modelType: "bert",
  encoderArchitecture: "BertModel",
  prefix: "bert.",
  encoderName: (name) => name, // fields have the checkpoint's names
  heads: {
    "sequence-classification": {
      architecture: "BertForSequenceClassification",
      names: { pooler: "bert.pooler", classifier: "classifier" },
    },
    "multiple-choice": {
      architecture: "BertForMultipleChoice",
      names: { pooler: "bert.pooler", classifier: "classifier" },
    },
    "token-classification": {
      architecture: "BertForTokenClassification",
      names: { classifier: "classifier" },
    },
    "question-answering": {
      architecture: "BertForQuestionAnswering",
      names: { qa_outputs: "qa_outputs" },
    },
    "masked-lm": { architecture: "BertForMaskedLM", names: WORDS },
    "causal-lm": { architecture: CAUSAL_ARCHITECTURE, names: WORDS },
    pretraining: {
      architecture: "BertForPreTraining",
      names: {
        "words.dense": WORDS.dense,
        "words.LayerNorm": WORDS.LayerNorm,
        "words.bias": WORDS.bias,
        pooler: "bert.pooler",
        nextSentence: "cls.seq_relationship",
      },
    },
  },
  redundantNames: /(^|\.)(embeddings\.position_ids|predictions\.decoder\.(weight|bias))$/,
  pooler: { activation: "tanh", dropsInput: false },
  wordActivation: (config) => config.activation,
  textLayout: BERT_LAYOUT,
  parseConfig(json, source) {
    const fields = parseFields(bertFields, isCausal(json) ? withoutDirection(json as object) : json, source);
    return consistent(bertShape(fields, 0), source);
  },
  layersField: "num_hidden_layers",
  createEncoder: (config) => new BertModel(config),
};

function isCausal(json: unknown): boolean {
  const architectures = (json as { architectures?: unknown } | null)?.architectures;
  return Array.isArray(architectures) && architectures[0] === CAUSAL_ARCHITECTURE;
}

/** The weights are those of any BERT, which may learn on in both directions: each batch says how it is to be read. */
function withoutDirection({ is_decoder, ...config }: { is_decoder?: unknown }): object {
  return config;
}
