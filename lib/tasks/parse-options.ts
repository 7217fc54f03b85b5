import { distance } from "fastest-levenshtein";
import { z } from "zod";
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
  const { issues } = parsed.error;
  // A misspelt key goes first: that the right one is missing follows from it.
  const issue = issues.find(({ code }) => code === "unrecognized_keys") ?? issues[0]!;
  if (issue.code === "unrecognized_keys") throw unknownKey(issue.keys[0]!, issue.path, schema);
  throw expected(wanted(issue), issue.path.join(".") || "options", valueAt(options, issue.path));
}

function unknownKey(key: string, path: readonly PropertyKey[], schema: z.ZodObject): LibbertError {
  const known = knownKeys(schema, path);
  const nearest = nearestName(key, known);
  const hint = nearest === undefined ? `the options are ${known.join(", ")}` : `did you mean ${nearest}?`;
  return new LibbertError("ERR_OPTION", `Unknown option ${describe([...path, key].join("."))}: ${hint}`);
}

/** The keys of the object that `path` leads to, such as `columns` or `phases.0`. */
function knownKeys(schema: z.ZodObject, path: readonly PropertyKey[]): string[] {
  const inner = path.reduce<z.core.$ZodType>((outer, key) => {
    const field = outer instanceof z.ZodArray ? outer.element : (outer as z.ZodObject).shape[String(key)]!;
    return field instanceof z.ZodOptional ? field.unwrap() : field;
  }, schema);
  return Object.keys((inner as z.ZodObject).shape);
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
  if (issue.code === "invalid_value") return issue.values.map((value) => describe(value)).join(" or ");
  if (issue.code === "too_small" && issue.origin === "string") return "a text that is not empty";
  if (issue.code === "too_small" && issue.origin === "array") return `at least ${issue.minimum} elements`;
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

function valueAt(options: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key],
    options,
  );
}
