import { z } from "zod";
import { firstRepeated } from "../arrays.js";
import { quoted } from "../data/data-error.js";
import { expected, LibbertError } from "../errors.js";
import type { ConfigJson, ModelConfig } from "../models/model-config.js";
import { parseFields } from "../options/parse-fields.js";
import { storedHead } from "./stored-head.js";

/** Numbers are names, too: some checkpoints have the labels 0 and 1. */
const name = z.union([z.string(), z.number(), z.boolean()], "a name").transform(String);

const fields = z.looseObject({
  id2label: z.record(z.string(), name).nullish(),
  num_labels: z.int().positive().nullish(),
});

/** How many labels a classifier of transformers has where `config.json` does not say. */
const DEFAULT_COUNT = 2;
/** More than any classifier has without names for them. */
const MAX_UNNAMED = 1_000_000;

/**
 * The names of `id2label` in class order, or transformers' own for `num_labels`, which counts only where there are no names; none where
 * the model has no labels.
 *
 * @throws LibbertError ERR_CHECKPOINT for names that are not those of classes 0 to n - 1, one each
 */
export function storedLabels(config: ModelConfig): string[] {
  const labels = classNames(config);
  const twice = firstRepeated(labels);
  if (twice === undefined) return labels;
  throw broken(
    config,
    `Expected a name of its own for each class of id2label but received ${twice} twice; the option labels renames them`,
  );
}

/** The same, but names may be there twice. */
function classNames(config: ModelConfig): string[] {
  const { id2label, num_labels: count } = parseFields(fields, config.json, config.source);
  if (!id2label) return unnamed(config, count ?? defaultCount(config));
  const labels = Object.keys(id2label).map((_, id) => id2label[id]);
  if (labels.every((label) => label !== undefined)) return labels;
  const classes = Object.keys(id2label);
  throw broken(config, `Expected the classes 0 to ${labels.length - 1} for id2label but received ${classes}`);
}

function unnamed(config: ModelConfig, count: number): string[] {
  if (count <= MAX_UNNAMED) return Array.from({ length: count }, (_, id) => `LABEL_${id}`);
  throw broken(
    config,
    `Expected at most ${MAX_UNNAMED} for num_labels, without id2label, but received ${count}`,
  );
}

function broken({ source }: ModelConfig, message: string): LibbertError {
  return new LibbertError("ERR_CHECKPOINT", `${source}: ${message}`);
}

/** Other names for the labels of a model: all in class order, or some by the names that they have. */
export type NewLabels = readonly string[] | Readonly<Record<string, string>>;

/**
 * The configuration with other names for its labels; what belongs to a label, such as its threshold, stays with it.
 *
 * @throws LibbertError ERR_OPTION for names that do not fit the model's labels
 */
export function withLabels<Config extends ModelConfig>(config: Config, names: NewLabels): Config {
  const old = classNames(config);
  const labels = renamed(old, names);
  const { label_thresholds: thresholds } = config.json;
  const named = typeof thresholds === "object" && {
    label_thresholds: Object.fromEntries(
      Object.entries(thresholds ?? {}).map(([label, value]) => [labels[old.indexOf(label)] ?? label, value]),
    ),
  };
  return { ...config, json: { ...config.json, ...labelFields(labels), ...named } };
}

/** @throws LibbertError ERR_OPTION */
export function renamed(old: readonly string[], names: NewLabels): string[] {
  const labels = Array.isArray(names) ? [...names] : mapped(old, names as Readonly<Record<string, string>>);
  const has = `the model has ${quoted(old)}`;
  if (labels.length !== old.length)
    throw expected(`a name for each of ${old.length} labels, as ${has},`, "labels", quoted(labels));
  const twice = firstRepeated(labels);
  if (twice !== undefined) throw expected("distinct names", "labels", `${twice} twice`);
  return labels;
}

function mapped(old: readonly string[], names: Readonly<Record<string, string>>): string[] {
  const unknown = Object.keys(names).find((name) => !old.includes(name));
  if (unknown !== undefined)
    throw expected(`names of the model's labels, ${quoted(old)},`, "labels", unknown);
  return old.map((label) => (Object.hasOwn(names, label) ? names[label]! : label));
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
  long_texts: undefined, // of those whose labels they were
  doc_stride: undefined,
};

/** The error for a checkpoint with fewer labels than its task needs. */
export function tooFewLabels({ source }: ModelConfig, count: number): LibbertError {
  return new LibbertError(
    "ERR_CHECKPOINT",
    `Expected the labels of a classifier (id2label) in ${source} but received ${count === 0 ? "none" : "one alone"}`,
  );
}
