import { headKindOf } from "../models/families/family.js";
import type { HeadKind } from "../models/heads/head-kind.js";
import type { ModelConfig } from "../models/model-config.js";

/** The class of transformers that a model was saved from, where its files say so. */
function architectureOf({ json }: Pick<ModelConfig, "json">): string | undefined {
  const { architectures } = json;
  return Array.isArray(architectures) && typeof architectures[0] === "string" ? architectures[0] : undefined;
}

/**
 * The head that a model was saved with: null for an encoder alone, undefined where its files do not say, or name a class that is
 * none of its family's.
 */
export function storedHead(config: Pick<ModelConfig, "family" | "json">): HeadKind | null | undefined {
  const architecture = architectureOf(config);
  return architecture === undefined ? undefined : headKindOf(config.family, architecture);
}
