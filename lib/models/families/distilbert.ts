import { z } from "zod";
import { parseFields } from "../../options/parse-fields.js";
import { BERT_LAYOUT } from "../../tokenizer/text-layout.js";
import { BertModel } from "../bert/bert-model.js";
import { activation, consistent, count, deviation, dropout, padding, unsupported } from "./config-fields.js";
import type { Family } from "./family.js";

const fields = z.looseObject({
  vocab_size: count.default(30522),
  dim: count.default(768),
  n_layers: count.default(6),
  n_heads: count.default(12),
  hidden_dim: count.default(3072),
  activation: activation.default("gelu"),
  dropout: dropout.default(0.1),
  attention_dropout: dropout.default(0.1),
  qa_dropout: dropout.default(0.1),
  seq_classif_dropout: dropout.default(0.2),
  max_position_embeddings: count.default(512),
  pad_token_id: padding.default(0),
  sinusoidal_pos_embds: z.boolean().nullish(), // only how a new table begins: a checkpoint stores it, and it is trained
  initializer_range: deviation.default(0.02),
  tie_word_embeddings: z.boolean().nullish(),
  ...unsupported,
});

/** A constant in transformers' code, not a field of `config.json`. */
const LAYER_NORM_EPS = 1e-12;

/** What DistilBERT calls the parts of a layer. */
const LAYER_NAMES: readonly (readonly [bert: string, distilbert: string])[] = [
  ["attention.self.query.", "attention.q_lin."],
  ["attention.self.key.", "attention.k_lin."],
  ["attention.self.value.", "attention.v_lin."],
  ["attention.output.dense.", "attention.out_lin."],
  ["attention.output.LayerNorm.", "sa_layer_norm."],
  ["intermediate.dense.", "ffn.lin1."],
  ["output.dense.", "ffn.lin2."],
  ["output.LayerNorm.", "output_layer_norm."],
];

/** Sanh et al. (2019): half of BERT's layers, without segments. */
export const distilbert: Family = {
  modelType: "distilbert",
  encoderArchitecture: "DistilBertModel",
  prefix: "distilbert.",
  encoderName,
  heads: {
    "sequence-classification": {
      architecture: "DistilBertForSequenceClassification",
      names: { "pooler.dense": "pre_classifier", classifier: "classifier" },
    },
    "multiple-choice": {
      architecture: "DistilBertForMultipleChoice",
      names: { "pooler.dense": "pre_classifier", classifier: "classifier" },
    },
    "token-classification": {
      architecture: "DistilBertForTokenClassification",
      names: { classifier: "classifier" },
    },
    "question-answering": {
      architecture: "DistilBertForQuestionAnswering",
      names: { qa_outputs: "qa_outputs" },
    },
    "masked-lm": {
      architecture: "DistilBertForMaskedLM",
      names: {
        dense: "vocab_transform",
        LayerNorm: "vocab_layer_norm",
        bias: "vocab_projector.bias",
        decoder: "vocab_projector",
      },
    },
  },
  redundantNames: /(^|\.)(embeddings\.position_ids|vocab_projector\.weight)$/,
  pooler: { activation: "relu", dropsInput: false },
  wordActivation: (config) => config.activation,
  textLayout: { ...BERT_LAYOUT, segments: false },
  parseConfig(json, source) {
    const parsed = parseFields(fields, json, source);
    const config = {
      vocabSize: parsed.vocab_size,
      hiddenSize: parsed.dim,
      embeddingSize: null,
      numHiddenLayers: parsed.n_layers,
      numAttentionHeads: parsed.n_heads,
      intermediateSize: parsed.hidden_dim,
      activation: parsed.activation,
      hiddenDropout: parsed.dropout,
      attentionDropout: parsed.attention_dropout,
      attentionOutputDropout: 0,
      maxPositionEmbeddings: parsed.max_position_embeddings,
      firstPosition: 0,
      typeVocabSize: 0,
      paddingId: parsed.pad_token_id,
      initializerRange: parsed.initializer_range,
      layerNormEps: LAYER_NORM_EPS,
      tiesWordEmbeddings: parsed.tie_word_embeddings !== false,
      headDropout: {
        sequence: parsed.seq_classif_dropout,
        choice: parsed.seq_classif_dropout,
        token: parsed.dropout,
        answer: parsed.qa_dropout,
      },
    };
    return consistent(config, source, { width: "dim", heads: "n_heads" });
  },
  layersField: "n_layers",
  aliases: { hidden_size: "dim", num_attention_heads: "n_heads", num_hidden_layers: "n_layers" },
  createEncoder: (config) => new BertModel(config),
};

/**
 * `encoder.layer.3.attention.self.query.weight` → `transformer.layer.3.attention.q_lin.weight`. What has several tensors of a
 * checkpoint stacked in it has no name there, and keeps ours.
 */
function encoderName(name: string): string {
  const [, layer, part] = /^encoder\.(layer\.\d+\.)(.*)$/.exec(name) ?? [];
  if (layer === undefined) return name; // of the embeddings
  const [ours, theirs] = LAYER_NAMES.find(([bert]) => part!.startsWith(bert)) ?? ["", ""];
  return `transformer.${layer}${theirs}${part!.slice(ours.length)}`;
}
