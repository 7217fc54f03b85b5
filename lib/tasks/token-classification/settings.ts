import { join } from "node:path";
import { z } from "zod";
import { isTagOf, OUTSIDE, TAGGING_SCHEMES, type TaggingScheme } from "../../data/tagging/scheme.js";
import { LibbertError } from "../../errors.js";
import type { BertConfig } from "../../models/bert-config.js";
import { TOKEN_FEATURES, type TokenFeatures } from "../../models/token-features.js";
import { type Checkpoint, storedLabels } from "../checkpoint.js";

/** What distinguishes a model of this task, beside its labels. */
export interface TaggingSettings {
  scheme: TaggingScheme;
  features: TokenFeatures;
  /** Whether labelled sentences are read with those around them in their document. */
  documentContext: boolean;
}

const stored = z.object({
  scheme: z.enum(TAGGING_SCHEMES).optional(),
  features: z.enum(TOKEN_FEATURES).default("last-hidden"),
  document_context: z.boolean().default(false),
});

/** The settings as `config.json` keeps them, where transformers passes them over. */
export function settingsField({ scheme, features, documentContext }: TaggingSettings): Partial<BertConfig> {
  return { token_classification: { scheme, features, document_context: documentContext } };
}

/** What the classifier of a checkpoint sees; null where the checkpoint has none. */
export function storedFeatures({ token_classification, architectures }: BertConfig): TokenFeatures | null {
  const isTagger = (architectures as string[] | undefined)?.[0] === "BertForTokenClassification";
  return isTagger ? (stored.safeParse(token_classification ?? {}).data?.features ?? null) : null;
}

/**
 * The settings of a saved model; one that transformers saved has the scheme that its labels show.
 *
 * @throws ERR_CHECKPOINT when its labels are no tags, or the settings none that this version knows
 */
export function storedSettings({ directory, config }: Checkpoint): TaggingSettings {
  const path = join(directory, "config.json");
  const parsed = stored.safeParse(config.token_classification ?? {});
  if (!parsed.success) {
    throw new LibbertError(
      "ERR_CHECKPOINT",
      `${path}: token_classification: ${parsed.error.issues[0]!.message}`,
    );
  }
  const { scheme, features, document_context: documentContext } = parsed.data;
  const labels = storedLabels(config);
  const settings = { scheme: scheme ?? schemeOfLabels(labels), features, documentContext };
  const odd = labels.find((label) => !isTagOf(settings.scheme, label));
  if (labels.includes(OUTSIDE) && odd === undefined) return settings;
  throw new LibbertError(
    "ERR_CHECKPOINT",
    `Expected tags such as O and B-person for id2label in ${path} but received ${odd ?? `none that is ${OUTSIDE}`}`,
  );
}

/** A model's labels do not tell IOB1 from BIO: that is BIO then. */
export function schemeOfLabels(labels: readonly string[]): TaggingScheme {
  return labels.some((label) => /^[ES]-/.test(label)) ? "BIOES" : "BIO";
}
