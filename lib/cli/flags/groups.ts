import { cardOptions } from "../../options/card-options.js";
import { trainingComputeOptions } from "../../options/compute-options.js";
import { hubOptions } from "../../options/hub-options.js";
import { ranksOptions } from "../../options/ranks-options.js";
import { tensorboardOptions } from "../../options/tensorboard-options.js";

/** Options that many commands share, by the heading of the help under which they stand. */
const SHARED: readonly (readonly [heading: string, options: object])[] = [
  ["Where models and data sets are found:", hubOptions],
  ["What the model's card says:", cardOptions],
  ["What TensorBoard shows:", tensorboardOptions],
  ["What computes, and how:", trainingComputeOptions],
  ["Several processes:", ranksOptions],
];

/** The heading of an option; undefined for those that stand under "Options". */
export function groupOf([name, inner]: readonly string[], isRequired: boolean): string | undefined {
  if (isRequired) return "Required:";
  if (inner !== undefined) return "Names of columns:";
  return SHARED.find(([, options]) => Object.hasOwn(options, name!))?.[0];
}
