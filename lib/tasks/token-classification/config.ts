import { join } from "node:path";
import { z } from "zod";
import type { Checkpoint } from "../../checkpoint/checkpoint.js";
import { labelFields, storedLabels } from "../../checkpoint/labels.js";
import { storedHead } from "../../checkpoint/stored-head.js";
import { LibbertError } from "../../errors.js";
import { TOKEN_FEATURES, type TokenFeatures } from "../../models/heads/token-features.js";
import type { ConfigJson } from "../../models/model-config.js";
import { parseFields } from "../../options/parse-fields.js";
import type { HeadConfig } from "../head.js";
import { arePlain, TAGGING_SCHEMES, type TaggingScheme } from "./scheme.js";

/** What distinguishes a model of this task; its labels are tags. */
export interface TaggingConfig extends HeadConfig {
  scheme: TaggingScheme;
  features: TokenFeatures;
  /** Whether labelled sentences are read with those around them in their document. */
  documentContext: boolean;
}

const storedField = z.object({
  scheme: z.enum(TAGGING_SCHEMES).optional(),
  features: z.enum(TOKEN_FEATURES).default("last-hidden"),
  document_context: z.boolean().default(false),
});

const ownFields = z.looseObject({ token_classification: storedField.prefault({}) });

/** The fields of `config.json`, where transformers passes over all but the labels. */
export function configFields({ labels, scheme, features, documentContext }: TaggingConfig): ConfigJson {
  return {
    ...labelFields(labels),
    token_classification: { scheme, features, document_context: documentContext },
  };
}

/** What the classifier of a checkpoint sees; null where the checkpoint has none. */
export function storedFeatures(checkpoint: Checkpoint): TokenFeatures | null {
  if (storedHead(checkpoint) !== "token-classification") return null;
  return storedField.safeParse(checkpoint.json.token_classification ?? {}).data?.features ?? null;
}

/**
 * What a saved model is; one that transformers saved has the scheme that its labels show.
 *
 * @throws ERR_CHECKPOINT when it has no labels or an empty one, or its other fields are none that this version knows
 */
export function storedConfig(checkpoint: Checkpoint): TaggingConfig {
  const path = join(checkpoint.directory, "config.json");
  const { token_classification } = parseFields(ownFields, checkpoint.json, path);
  const { scheme: stored, features, document_context: documentContext } = token_classification;
  const labels = storedLabels(checkpoint);
  const scheme = stored ?? schemeOfLabels(labels);
  if (labels.length > 0 && !labels.includes("")) return { labels, scheme, features, documentContext };
  throw new LibbertError(
    "ERR_CHECKPOINT",
    `Expected tags for id2label in ${path} but received ${labels.length === 0 ? "none" : "an empty one"}`,
  );
}

/** A model's labels do not tell IOB1 from BIO: that is BIO then. Where none has a prefix, they are plain tags. */
export function schemeOfLabels(labels: readonly string[]): TaggingScheme {
  if (arePlain(labels)) return "plain";
  return labels.some((label) => /^[ES]-/.test(label)) ? "BIOES" : "BIO";
}
