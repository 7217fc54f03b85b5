import { isObject } from "../../../is-object.js";
import { dataError } from "../../data-error.js";

/**
 * The features of a file's columns as Python's datasets writes them into its metadata (`huggingface`), by the column's
 * name; none where there are none.
 */
export function featuresIn(
  metadata: readonly { key: string; value?: string }[] = [],
): Record<string, unknown> {
  const text = metadata.find(({ key }) => key === "huggingface")?.value ?? "";
  try {
    const { features } = JSON.parse(text).info;
    return isObject(features) ? features : {};
  } catch {
    return {};
  }
}

/** Whether a feature is a class label, or holds one. */
export function hasClassLabels(feature: unknown): boolean {
  if (typeof feature !== "object" || feature === null) return false;
  return isClassLabel(feature) || Object.values(feature).some(hasClassLabels);
}

function isClassLabel(feature: object): feature is { names: unknown[] } {
  return (
    "_type" in feature && feature._type === "ClassLabel" && "names" in feature && Array.isArray(feature.names)
  );
}

/**
 * A value in which class numbers are replaced by their names. Of the number -1, by which datasets marks a row without a
 * label, it makes null.
 *
 * @param feature class label, list (`[feature]`, or an object with `feature`), struct (an object of features), or another
 * @throws LibbertError ERR_DATA for a number without a name
 */
export function withClassNames(value: unknown, feature: unknown, location: string): unknown {
  if (value === null || typeof feature !== "object" || feature === null) return value;
  if (isClassLabel(feature)) return className(value, feature.names, location);
  const item = Array.isArray(feature) ? feature[0] : "feature" in feature ? feature.feature : undefined;
  if (Array.isArray(value)) return value.map((one) => withClassNames(one, item, location));
  if (!isObject(value)) return value;
  // A list of structs is stored as a struct of lists.
  const fieldOf = (name: string) =>
    isObject(item) ? [item[name]] : (feature as Record<string, unknown>)[name];
  const fields = Object.entries(value);
  return Object.fromEntries(
    fields.map(([name, one]) => [name, withClassNames(one, fieldOf(name), location)]),
  );
}

function className(value: unknown, names: readonly unknown[], location: string): unknown {
  if (typeof value !== "number") return value;
  if (value === -1) return null;
  const name = names[value];
  if (typeof name === "string") return name;
  throw dataError(location, `a class number from 0 to ${names.length - 1}`, String(value));
}
