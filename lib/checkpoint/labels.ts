import { z } from "zod";
import { LibbertError } from "../errors.js";
import { parseFields } from "../models/families/config-fields.js";
import type { ConfigJson, ModelConfig } from "../models/model-config.js";
import { storedHead } from "./stored-head.js";

const fields = z.looseObject({
  id2label: z.record(z.string(), z.string()).nullish(),
  num_labels: z.int().positive().nullish(),
});

/** How many labels a classifier of transformers has where `config.json` does not say. */
const DEFAULT_COUNT = 2;

/**
 * The names of `id2label` in class order, or transformers' own for `num_labels`; none where the model has no labels.
 *
 * @throws LibbertError ERR_CHECKPOINT for names that are not those of classes 0 to n - 1, one each
 */
export function storedLabels(config: ModelConfig): string[] {
  const { id2label, num_labels: count } = parseFields(fields, config.json, config.source);
  if (!id2label) return Array.from({ length: count ?? defaultCount(config) }, (_, id) => `LABEL_${id}`);
  const labels = Object.keys(id2label).map((_, id) => id2label[id]);
  const broken = (message: string) => new LibbertError("ERR_CHECKPOINT", `${config.source}: ${message}`);
  if (!labels.every((label) => label !== undefined))
    throw broken(
      `Expected the classes 0 to ${labels.length - 1} for id2label but received ${Object.keys(id2label)}`,
    );
  const twice = labels.find((label, id) => labels.indexOf(label) < id);
  if (twice !== undefined)
    throw broken(`Expected a name of its own for each class of id2label but received ${twice} twice`);
  if (count && count !== labels.length)
    throw broken(`Expected ${count} names (num_labels) for id2label but received ${labels.length}`);
  return labels;
}

function defaultCount(config: ModelConfig): number {
  return storedHead(config) === "sequence-classification" ? DEFAULT_COUNT : 0;
}

/** transformers counts the names itself; what the checkpoint says may be about other labels. */
const NO_COUNTS: ConfigJson = { num_labels: undefined, _num_labels: undefined };

/** Labels as `config.json` has them. */
export function labelFields(labels: readonly string[]): ConfigJson {
  return {
    ...NO_COUNTS,
    id2label: Object.fromEntries(labels.map((label, id) => [id, label])),
    label2id: Object.fromEntries(labels.map((label, id) => [label, id])),
  };
}

/**
 * The fields for a model without labels: they remove those of the source checkpoint. (`DistilBertForQuestionAnswering` accepts
 * only two labels.)
 */
export const NO_LABELS: ConfigJson = {
  ...NO_COUNTS,
  id2label: undefined,
  label2id: undefined,
  problem_type: undefined,
  label_thresholds: undefined,
};

/** The error for a checkpoint without the labels that a fine-tuned one has. */
export function notFineTuned({ source }: ModelConfig): LibbertError {
  return new LibbertError(
    "ERR_CHECKPOINT",
    `Expected the labels of a classifier (id2label) in ${source}: this model was not fine-tuned`,
  );
}
