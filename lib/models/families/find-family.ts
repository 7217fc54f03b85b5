import { describe, LibbertError } from "../../errors.js";
import type { Family } from "./family.js";
import * as families from "./index.js";

export const FAMILIES: readonly Family[] = Object.values(families);

/**
 * The family of a `config.json`; of one without a `model_type`, BERT.
 *
 * @param source what an error calls the file
 * @throws LibbertError ERR_CHECKPOINT for a family that libbert does not know
 */
export function familyOf(json: unknown, source: string): Family {
  const { model_type: modelType = families.bert.modelType } = (json ?? {}) as { model_type?: unknown };
  const family = FAMILIES.find((one) => one.modelType === modelType);
  if (family) return family;
  const known = FAMILIES.map((one) => JSON.stringify(one.modelType)).join(", ");
  throw new LibbertError(
    "ERR_CHECKPOINT",
    `${source}: Expected one of ${known} for model_type but received ${describe(modelType)}`,
  );
}
