import { distance } from "fastest-levenshtein";
import { z } from "zod";
import { describe, expected, LibbertError } from "../errors.js";
import { valueAt, wanted } from "./issue-text.js";
import { discriminatorsOf, knownKeys, memberFor, type OptionsSchema, type OptionsUnion } from "./schema.js";

/**
 * Checks options against a strict schema, or a union of them, and fills in defaults.
 *
 * @throws ERR_OPTION with the option's name for the first problem: an unknown key with the nearest known one or the
 *   members of the union that have it, or `Expected <what> for <option> but received <value>`
 */
export function parseOptions<Schema extends OptionsSchema>(
  schema: Schema,
  options: unknown,
): z.output<Schema> {
  const parsed = schema.safeParse(options);
  if (parsed.success) return parsed.data as z.output<Schema>;
  const { issues } = parsed.error;
  // A misspelt key goes first: that the right one is missing follows from it.
  const issue = issues.find(({ code }) => code === "unrecognized_keys") ?? issues[0]!;
  if (issue.code === "unrecognized_keys") throw unknownKey(issue, schema, options as Given);
  if (issue.code === "invalid_key") throw invalidKey(issue);
  const name = issue.path.join(".");
  // A member's own discriminator is always right: it is what the member was found by.
  if (schema instanceof z.ZodDiscriminatedUnion && name === schema.def.discriminator)
    throw unknownMember(schema, options as Given);
  throw expected(wanted(issue), name || "options", valueAt(options, issue.path));
}

type Given = Record<string, unknown>;

/** A name in a record that may not be called so. */
function invalidKey({ path, issues }: z.core.$ZodIssueInvalidKey): LibbertError {
  return expected(wanted(issues[0]!), path.slice(0, -1).join(".") || "options", path.at(-1));
}

function unknownKey(
  { keys, path }: z.core.$ZodIssueUnrecognizedKeys,
  schema: OptionsSchema,
  given: Given,
): LibbertError {
  const key = keys[0]!;
  const name = [...path, key].join(".");
  const known = knownKeys(memberFor(schema, given), path);
  if (schema instanceof z.ZodObject) return unknownOption(name, "", nearestHint(key, known));
  const { discriminator } = schema.def;
  const kind = ` for ${discriminator} ${describe(given[discriminator])}`;
  const owners = schema.options.filter((member) => knownKeys(member, path).includes(key));
  if (owners.length === 0) return unknownOption(name, kind, nearestHint(key, known));
  const ownersNames = owners.flatMap((member) => discriminatorsOf(member, discriminator)).map(describe);
  return unknownOption(name, kind, `it belongs to ${ownersNames.join(" and ")}`);
}

function unknownOption(name: string, kind: string, hint: string): LibbertError {
  const message = `Unknown option ${describe(name)}${kind}: ${hint}`;
  return new LibbertError("ERR_OPTION", message, { option: name });
}

function nearestHint(key: string, known: readonly string[]): string {
  const nearest = nearestName(key, known);
  return nearest === undefined ? `the options are ${known.join(", ")}` : `did you mean ${nearest}?`;
}

/** The discriminator's value is that of no member, or its key is misspelt. */
function unknownMember(schema: OptionsUnion, given: Given): LibbertError {
  const { discriminator } = schema.def;
  const known = schema.options.flatMap((member) => Object.keys(member.shape));
  const misspelt = Object.keys(given).find(
    (key) => key !== discriminator && nearestName(key, known) === discriminator,
  );
  const received = given[discriminator];
  if (received === undefined && misspelt !== undefined)
    return unknownOption(misspelt, "", `did you mean ${discriminator}?`);
  const values = schema.options.flatMap((member) => discriminatorsOf(member, discriminator));
  const error = expected(values.map(describe).join(" or "), discriminator, received);
  const nearest = typeof received === "string" ? nearestName(received, values.map(String)) : undefined;
  if (nearest === undefined) return error;
  const message = `${error.message}: did you mean ${describe(nearest)}?`;
  return new LibbertError("ERR_OPTION", message, { option: discriminator });
}

/** The known name that a misspelt one most likely meant; none when all are far away. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const byDistance = known
    .map((candidate) => ({ candidate, edits: distance(name.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.edits - b.edits);
  const best = byDistance[0];
  return best && best.edits <= Math.max(2, name.length / 3) ? best.candidate : undefined;
}
