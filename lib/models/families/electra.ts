import { z } from "zod";
import { parseFields } from "../../options/parse-fields.js";
import { BERT_LAYOUT } from "../../tokenizer/text-layout.js";
import { BertModel } from "../bert/bert-model.js";
import { bertFields, bertShape } from "./bert.js";
import { consistent, count, dropout } from "./config-fields.js";
import type { Family } from "./family.js";

const fields = bertFields.extend({
  embedding_size: count.default(128),
  hidden_size: count.default(256),
  num_attention_heads: count.default(4),
  intermediate_size: count.default(1024),
  summary_last_dropout: dropout.default(0.1),
});

/** How the class for multiple choice makes one vector of a sequence: of these ways, there is the default here. */
const summary = z.looseObject({
  summary_type: z.literal("first").optional(),
  summary_use_proj: z.literal(true).optional(),
  summary_proj_to_labels: z.literal(false).optional(),
  summary_activation: z.literal("gelu").optional(),
  summary_first_dropout: z.literal(0).optional(),
});

/** Clark et al. (2020): BERT's encoder, trained to tell words that were replaced, with tables of embeddings that may be narrower. */
export const electra: Family = {
  modelType: "electra",
  encoderArchitecture: "ElectraModel",
  prefix: "electra.",
  encoderName: (name) => name.replace(/^embeddings\.projection\./, "embeddings_project."),
  heads: {
    "sequence-classification": {
      architecture: "ElectraForSequenceClassification",
      names: { pooler: "classifier", classifier: "classifier.out_proj" },
    },
    "multiple-choice": {
      architecture: "ElectraForMultipleChoice",
      names: { "pooler.dense": "sequence_summary.summary", classifier: "classifier" },
      fields: summary,
    },
    "token-classification": {
      architecture: "ElectraForTokenClassification",
      names: { classifier: "classifier" },
    },
    "question-answering": {
      architecture: "ElectraForQuestionAnswering",
      names: { qa_outputs: "qa_outputs" },
    },
    "masked-lm": {
      architecture: "ElectraForMaskedLM",
      names: {
        dense: "generator_predictions.dense",
        LayerNorm: "generator_predictions.LayerNorm",
        bias: "generator_lm_head.bias",
        decoder: "generator_lm_head",
      },
    },
  },
  otherHeads: ["discriminator_predictions"],
  redundantNames: /(^|\.)(embeddings\.(position_ids|token_type_ids)|generator_lm_head\.weight)$/,
  pooler: { activation: "gelu", dropsInput: true },
  wordActivation: () => "gelu",
  textLayout: BERT_LAYOUT,
  parseConfig(json, source) {
    const parsed = parseFields(fields, json, source);
    const { embedding_size, hidden_size, summary_last_dropout } = parsed;
    const shape = bertShape(parsed, 0);
    const embeddingSize = embedding_size === hidden_size ? null : embedding_size;
    const headDropout = { ...shape.headDropout, choice: summary_last_dropout };
    return consistent({ ...shape, embeddingSize, headDropout }, source);
  },
  layersField: "num_hidden_layers",
  createEncoder: (config) => new BertModel(config),
};
