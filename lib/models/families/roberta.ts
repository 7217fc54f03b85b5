import { z } from "zod";
import { parseFields } from "../../options/parse-fields.js";
import { ROBERTA_LAYOUT } from "../../tokenizer/text-layout.js";
import { BertModel } from "../bert/bert-model.js";
import { bertFields, bertShape } from "./bert.js";
import { consistent, count } from "./config-fields.js";
import type { Family } from "./family.js";

/** Liu et al. (2019): BERT's encoder with positions that begin behind the padding's, and a classifier of two layers. */
export const roberta = robertaFamily("roberta", "Roberta", 50265);

/** Conneau et al. (2020): the same under a name of its own, with a vocabulary for a hundred languages. */
export const xlmRoberta = robertaFamily("xlm-roberta", "XLMRoberta", 30522);

/** Martin et al. (2020): the same for French, under a name of its own. */
export const camembert = robertaFamily("camembert", "Camembert", 30522);

/** @param vocabSize the default of `vocab_size` in the family's configuration class of transformers */
function robertaFamily(modelType: string, classes: string, vocabSize: number): Family {
  const fields = bertFields.extend({
    vocab_size: count.default(vocabSize),
    pad_token_id: z.int().min(0).default(1),
  });
  return {
    modelType,
    encoderArchitecture: `${classes}Model`,
    prefix: "roberta.",
    encoderName: (name) => name,
    heads: {
      "sequence-classification": {
        architecture: `${classes}ForSequenceClassification`,
        names: { pooler: "classifier", classifier: "classifier.out_proj" },
      },
      "multiple-choice": {
        architecture: `${classes}ForMultipleChoice`,
        names: { pooler: "roberta.pooler", classifier: "classifier" },
      },
      "token-classification": {
        architecture: `${classes}ForTokenClassification`,
        names: { classifier: "classifier" },
      },
      "question-answering": {
        architecture: `${classes}ForQuestionAnswering`,
        names: { qa_outputs: "qa_outputs" },
      },
      "masked-lm": {
        architecture: `${classes}ForMaskedLM`,
        names: {
          dense: "lm_head.dense",
          LayerNorm: "lm_head.layer_norm",
          bias: "lm_head.bias",
          decoder: "lm_head.decoder",
        },
      },
    },
    redundantNames: /(^|\.)(embeddings\.(position_ids|token_type_ids)|lm_head\.decoder\.(weight|bias))$/,
    pooler: { activation: "tanh", dropsInput: true },
    wordActivation: () => "gelu",
    textLayout: ROBERTA_LAYOUT,
    parseConfig(json, source) {
      const parsed = parseFields(fields, json, source);
      const shape = bertShape(parsed, parsed.pad_token_id + 1);
      // transformers' class for multiple choice, unlike BERT's, does not look at classifier_dropout.
      const headDropout = { ...shape.headDropout, choice: parsed.hidden_dropout_prob };
      return consistent({ ...shape, headDropout }, source);
    },
    layersField: "num_hidden_layers",
    createEncoder: (config) => new BertModel(config),
  };
}
