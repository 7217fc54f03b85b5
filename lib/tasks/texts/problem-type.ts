import { z } from "zod";
import { hasScoreFields } from "../../checkpoint/sentence/score-activation.js";
import type { HeadKind } from "../../models/heads/head-kind.js";
import { parseFields } from "../../options/parse-fields.js";
import type { StoredModel } from "../spec.js";

/** What the outputs of a head over whole sequences mean, in transformers' words. */
const PROBLEM_TYPES = ["single_label_classification", "multi_label_classification", "regression"] as const;
export type ProblemType = (typeof PROBLEM_TYPES)[number];

const fields = z.looseObject({
  problem_type: z.enum(PROBLEM_TYPES).nullish(),
  id2label: z.record(z.string(), z.unknown()).nullish(),
  num_labels: z.int().positive().nullish(),
});

/**
 * What the outputs of a saved head mean: as `config.json` says, or as transformers guesses from the number of labels. Null where
 * there is no such head; a model that does not name its class is what it states, or a
 * classifier where it has labels.
 *
 * @throws LibbertError ERR_CHECKPOINT
 */
export function problemTypeOf(
  head: HeadKind | null | undefined,
  { json, source }: StoredModel,
): ProblemType | null {
  const { problem_type: stated, id2label, num_labels } = parseFields(fields, json, source);
  const labels = id2label ? Object.keys(id2label).length : num_labels;
  if (head === undefined) return stated ?? ((labels ?? 0) >= 2 ? "single_label_classification" : null);
  if (head !== "sequence-classification") return null;
  return stated ?? (labels === 1 ? "regression" : "single_label_classification");
}

/** Whether a saved head gives one number, whatever that means. @throws LibbertError ERR_CHECKPOINT */
export function hasOneOutput(head: HeadKind | null | undefined, config: StoredModel): boolean {
  return problemTypeOf(head, config) === "regression";
}

/**
 * Whether such a model is for reranking, and not for regression: its files have what sentence-transformers writes of cross-encoders, and do
 * not state another use.
 *
 * @throws LibbertError ERR_CHECKPOINT
 */
export function isReranker(head: HeadKind | null | undefined, config: StoredModel): boolean {
  if (!hasOneOutput(head, config) || config.json.problem_type != null) return false;
  return config.sentences?.isCrossEncoder || hasScoreFields(config);
}
