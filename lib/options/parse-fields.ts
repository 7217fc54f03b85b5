import type { z } from "zod";
import { abridged, LibbertError } from "../errors.js";
import { valueAt, wanted } from "./issue-text.js";

/**
 * Checks the fields of a file of JSON, and fills in defaults.
 *
 * @param source what an error calls the file
 * @throws LibbertError ERR_CHECKPOINT that says of each wrong field what was expected and what came instead
 */
export function parseFields<Schema extends z.ZodType>(
  schema: Schema,
  json: unknown,
  source: string,
): z.output<Schema> {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(
    (issue) =>
      `Expected ${wanted(issue)} for ${issue.path.join(".") || "the file"} but received ${shown(valueAt(json, issue.path))}`,
  );
  throw new LibbertError("ERR_CHECKPOINT", `${source}: ${problems.join("; ")}`);
}

/** A value as JSON, abridged. */
export function shown(value: unknown): string {
  if (value === undefined) return "none";
  return abridged(JSON.stringify(value));
}
