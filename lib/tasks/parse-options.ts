import { distance } from "fastest-levenshtein";
import type { z } from "zod";
import { describe, expected, LibbertError } from "../errors.js";

/**
 * Checks options against a strict schema and fills in defaults.
 *
 * @throws ERR_OPTION for the first problem: an unknown key with the nearest known one, or
 *   `Expected <what> for <option> but received <value>`
 */
export function parseOptions<Schema extends z.ZodObject>(schema: Schema, options: unknown): z.output<Schema> {
  const parsed = schema.safeParse(options);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  if (issue.code === "unrecognized_keys") throw unknownKey(issue.keys[0]!, Object.keys(schema.shape));
  throw expected(wanted(issue), issue.path.join(".") || "options", valueAt(options, issue.path));
}

function unknownKey(key: string, known: readonly string[]): LibbertError {
  const nearest = nearestName(key, known);
  const hint = nearest === undefined ? `the options are ${known.join(", ")}` : `did you mean ${nearest}?`;
  return new LibbertError("ERR_OPTION", `Unknown option ${describe(key)}: ${hint}`);
}

/** The known name that a misspelt one most likely meant; none when all are far away. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const byDistance = known
    .map((candidate) => ({ candidate, edits: distance(name.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.edits - b.edits);
  const best = byDistance[0];
  return best && best.edits <= Math.max(2, name.length / 3) ? best.candidate : undefined;
}

function wanted(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_type") return withArticle(issue.expected);
  if (issue.code === "invalid_value")
    return `one of ${issue.values.map((value) => describe(value)).join(", ")}`;
  if (issue.code === "too_small")
    return `a value ${issue.inclusive ? "of at least" : "above"} ${issue.minimum}`;
  if (issue.code === "too_big") return `a value ${issue.inclusive ? "of at most" : "below"} ${issue.maximum}`;
  return issue.message;
}

function withArticle(type: string): string {
  if (type === "int") return "an integer";
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}

function valueAt(options: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key],
    options,
  );
}
