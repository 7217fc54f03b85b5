import type { z } from "zod";
import { describe } from "../errors.js";

/** What a schema wanted where it found something else: "a value of at least 1". */
export function wanted(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_type") return withArticle(issue.expected);
  if (issue.code === "invalid_value") return issue.values.map((value) => describe(value)).join(" or ");
  if (issue.code === "too_small" && issue.origin === "string") return "a text that is not empty";
  if (issue.code === "too_small" && issue.origin === "array") {
    const elements = issue.minimum === 1 ? "element" : "elements";
    return `at least ${issue.minimum} ${elements}`;
  }
  if (issue.code === "too_small")
    return `a value ${issue.inclusive ? "of at least" : "above"} ${issue.minimum}`;
  if (issue.code === "too_big") return `a value ${issue.inclusive ? "of at most" : "below"} ${issue.maximum}`;
  return issue.message;
}

function withArticle(type: string): string {
  if (type === "int") return "an integer";
  if (type === "number") return "a finite number";
  return /^[aeiou]/i.test(type) ? `an ${type}` : `a ${type}`;
}

/** What was there instead. */
export function valueAt(options: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key],
    options,
  );
}
