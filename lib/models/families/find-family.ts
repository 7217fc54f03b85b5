import { describe, LibbertError } from "../../errors.js";
import { isObject } from "../../is-object.js";
import type { Family } from "./family.js";
import * as families from "./index.js";

export const FAMILIES: readonly Family[] = Object.values(families);

/**
 * The family of a `config.json`; of one without a `model_type`, BERT. Python code of the model's own that `auto_map` names is passed
 * over where a family is named, as in transformers unless it is told to trust that code.
 *
 * @param source what an error calls the file
 * @throws LibbertError ERR_CHECKPOINT for a family that libbert does not know
 */
export function familyOf(json: Readonly<Record<string, unknown>>, source: string): Family {
  const isCustom = isObject(json.auto_map) && "AutoConfig" in json.auto_map;
  const { model_type: modelType = isCustom ? undefined : families.bert.modelType } = json;
  const family = FAMILIES.find((one) => one.modelType === modelType);
  if (family) return family;
  const known = FAMILIES.map((one) => JSON.stringify(one.modelType)).join(", ");
  throw new LibbertError(
    "ERR_CHECKPOINT",
    `${source}: Expected one of ${known} for model_type but received ${describe(modelType)}`,
  );
}
