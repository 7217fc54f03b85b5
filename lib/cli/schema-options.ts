import { Command, Option } from "commander";
import { z } from "zod";
import { LibbertError } from "../errors.js";
import { parseOptions } from "../tasks/parse-options.js";
import { untilInterrupted } from "./interrupt.js";

/** How a command runs, beside its schema's options. */
export interface RunContext {
  /** Whether the last line of standard output is to be one JSON object. */
  json: boolean;
  /** Aborts at Ctrl-C. */
  signal: AbortSignal;
}

/** Adds to the options that the flags give, before they are checked; `values` has flags beyond the schema, too. */
export type Complete = (
  given: Record<string, unknown>,
  values: Record<string, unknown>,
) => Record<string, unknown>;

/** One option of a schema as the command line has it. */
interface Flag {
  /** Where it stands in the options: `["learningRate"]`, `["columns", "text"]`. */
  path: string[];
  /** Says of a required option that is not given what it is. */
  missing?: string;
  option: Option;
}

/** What is read of a schema's JSON form. */
interface Property {
  type?: string;
  const?: unknown;
  enum?: unknown[];
  default?: unknown;
  description?: string;
  properties?: Record<string, Property>;
  items?: Property;
  anyOf?: Property[];
}

/**
 * A command whose options are those of a zod schema, in kebab-case, with its descriptions and defaults for the help,
 * and `--json`. Values are checked by the schema; errors name the flag.
 */
export function schemaCommand<Schema extends z.ZodObject>(
  name: string,
  schema: Schema,
  run: (options: z.output<Schema>, context: RunContext) => Promise<void>,
  complete: Complete = (given) => given,
): Command {
  const flags = schemaFlags(schema);
  const command = new Command(name);
  for (const { option } of flags) command.addOption(option);
  command.option("--json", "make the last line of standard output one JSON object");
  return command.action(async (values: Record<string, unknown> & { json?: true }) => {
    try {
      const given = givenOptions(flags, values, (name) => command.getOptionValueSource(name) === "cli");
      const completed = complete(given, values);
      requireAll(flags, completed);
      const options = parseOptions(schema, completed);
      await untilInterrupted((signal) => run(options, { json: values.json === true, signal }));
    } catch (error) {
      throw namingFlags(error, flags);
    }
  });
}

function schemaFlags(schema: z.ZodObject): Flag[] {
  const json = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  const required = new Set(json.required);
  return Object.entries(json.properties as Record<string, Property>).flatMap(([name, property]) => {
    if (isForFiles(property)) return [];
    if (property.type !== "object") return [flagOf([name], kebabCase(name), property, required.has(name))];
    const kind = kebabCase(name).replace(/s$/, "");
    return Object.entries(property.properties!).map(([inner, innerProperty]) =>
      flagOf([name, inner], `${kebabCase(inner)}-${kind}`, innerProperty, false),
    );
  });
}

/** Whether an option's values are for a configuration file alone: lists of objects, and objects of any keys. */
function isForFiles({ type, items, properties }: Property): boolean {
  return (type === "array" && items?.type === "object") || (type === "object" && properties === undefined);
}

function flagOf(path: string[], flag: string, property: Property, required: boolean): Flag {
  const { type, description = "", default: defaultValue } = property;
  const argument = type === "boolean" ? "" : ` <${argumentName(flag, property)}>`;
  const option = new Option(`--${flag}${argument}`, required ? `${description} (required)` : description);
  if (isNumber(property)) option.argParser(numberOf);
  if (property.anyOf) option.argParser(anyOf);
  if (type === "array") {
    const itemOf = isNumber(property.items) ? numberOf : String;
    // What is given takes the default's place; given again, it is added to.
    option.argParser((text: string, list?: unknown[]) =>
      appendToList(text, list === defaultValue ? undefined : list, itemOf),
    );
  }
  if (property.enum) option.argChoices = property.enum.map(String); // for the help; the schema checks the value
  if (property.const !== undefined) option.argChoices = [String(property.const)];
  if (type !== "boolean") option.default(defaultValue);
  if (!required) return { path, option };
  return { path, option, missing: `Expected ${option.flags}: ${description}` };
}

function isNumber(property: Property | undefined): boolean {
  return property?.type === "integer" || property?.type === "number";
}

function argumentName(flag: string, property: Property): string {
  if (isNumber(property)) return "number";
  if (property.type === "array") return "a,b,...";
  if (property.type === undefined && !property.anyOf) return "file"; // a row source, for which JSON has no type
  return flag.split("-").at(-1)!;
}

function kebabCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** A text that is no number is passed on: the schema says what is wrong with it. */
function numberOf(text: string): number | string {
  return text.trim() === "" || Number.isNaN(Number(text)) ? text : Number(text);
}

/** A value of an option that takes several kinds: `0.5`, `word`, a list `1,2.5`, or by name `good=1,bad=2.5`. */
function anyOf(text: string): unknown {
  const items = text.split(",");
  if (items.every((item) => item.includes("="))) {
    const pairs = items.map((item) => [
      item.slice(0, item.lastIndexOf("=")),
      item.slice(item.lastIndexOf("=") + 1),
    ]);
    return Object.fromEntries(pairs.map(([name, value]) => [name, numberOf(value!)]));
  }
  return items.length > 1 ? items.map(numberOf) : numberOf(text);
}

function appendToList(
  text: string,
  list: unknown[] = [],
  itemOf: (text: string) => number | string,
): unknown[] {
  return [...list, ...text.split(",").map(itemOf)];
}

/** The given flags' values in the schema's form. */
function givenOptions(
  flags: Flag[],
  values: Record<string, unknown>,
  isGiven: (name: string) => boolean,
): Record<string, unknown> {
  const options: Record<string, unknown> = {};
  for (const { path, option } of flags) {
    const value = isGiven(option.attributeName()) ? values[option.attributeName()] : undefined;
    const [name, inner] = path as [string, string?];
    if (value === undefined) continue;
    options[name] = inner === undefined ? value : { ...(options[name] as object), [inner]: value };
  }
  return options;
}

function requireAll(flags: Flag[], options: Record<string, unknown>): void {
  const absent = flags.find(({ path, missing }) => missing !== undefined && options[path[0]!] === undefined);
  if (absent) throw new LibbertError("ERR_OPTION", absent.missing!);
}

/** The error with options named as on the command line: `for learningRate` becomes `for --learning-rate`. */
function namingFlags(error: unknown, flags: Flag[]): unknown {
  if (!(error instanceof LibbertError)) return error;
  let message = error.message;
  for (const { path, option } of flags) {
    const name = path.join("\\.");
    const mention = new RegExp(`(?<= for )${name}(\\.\\d+)?(?= but |: )|(?<= )${name}: true\\b`);
    message = message.replace(mention, option.long!);
  }
  return new LibbertError(error.code, message, { cause: error });
}
