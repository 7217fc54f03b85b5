import { type Command, Option } from "commander";
import { z } from "zod";
import { defaultOf, metaOf } from "../../options/option.js";
import { unwrap } from "../../options/schema.js";
import { groupOf } from "./groups.js";
import { defaultValueText, descriptionText, meaningOf } from "./help-text.js";
import { parserOf, withElement } from "./values.js";

/** One option of a schema as the command line has it. */
export interface Flag {
  /** Where it stands in the options: `["learningRate"]`, `["columns", "text"]`. */
  path: readonly string[];
  /** Says of a required option that is not given what it is. */
  missing?: string;
  option: Option;
}

/** The flags of a schema, in kebab-case; those of the objects in it are `--text-column`. Descriptions name flags, too. */
export function flagsOf({ shape }: z.ZodObject): Flag[] {
  const flags = Object.entries(shape).flatMap(([name, field]) => {
    const inner = unwrap(field);
    if (inner instanceof z.ZodObject)
      return Object.entries(inner.shape).map(([own, ownField]) => flagOf([name, own], ownField));
    return isFlag(inner, field) ? [flagOf([name], field)] : [];
  });
  for (const { path, option } of flags) {
    const isColumn = path.length > 1; // its default is the name of a column
    if (!isColumn) option.description = withFlagNames(option.description, flags);
  }
  return flags;
}

/** The flags of a command as they are called in code: those that stand in no schema are options themselves. */
export function flagsOfCommand({ options }: Command): Flag[] {
  return options.map((option) => ({ path: [option.attributeName()], option }));
}

/** An option that names a column, unless it is quoted. */
const COLUMN = /(?<!["\w.])columns\.\w+(?!["\w.])/g;

/** A word that can be nothing but a name of code, unless it stands in a path or is quoted. */
const CAMEL_CASE = /(?<![\w"'./-])[a-z]+(?:[A-Z][a-z]+)+(?![\w"'./-])/g;

/** A text in which options are named as on the command line: `maxSeqLength` becomes `--max-seq-length`, `columns.text` `--text-column`. */
export function withFlagNames(text: string, flags: readonly Flag[]): string {
  const named = (name: string) => flagFor(name, flags) ?? name;
  return text.replace(COLUMN, named).replace(CAMEL_CASE, named);
}

/** The flag of an option, or of the list that an element such as `labels.1` is in. */
export function flagFor(option: string, flags: readonly Flag[]): string | undefined {
  const flag = flags.find(({ path }) => `${option}.`.startsWith(`${path.join(".")}.`));
  return flag?.option.long;
}

/** `["columns", "textPair"]` is `--text-pair-column`. */
export function flagName([name, inner]: readonly string[]): string {
  const outer = kebabCase(name!);
  return inner === undefined ? `--${outer}` : `--${kebabCase(inner)}-${outer.replace(/s$/, "")}`;
}

/** Functions and signals are no flags; lists of objects, and objects of any keys, are for a configuration file alone. */
function isFlag(inner: z.core.$ZodType, field: z.core.$ZodType): boolean {
  if (inner instanceof z.ZodCustom) return ["RowSource", "Files"].includes(metaOf(field).typeName!);
  if (inner instanceof z.ZodArray) return !(unwrap(inner.element) instanceof z.ZodObject);
  return !(inner instanceof z.ZodRecord);
}

function flagOf(path: readonly string[], field: z.core.$ZodType): Flag {
  const name = flagName(path);
  const inner = unwrap(field);
  const isSwitch = inner instanceof z.ZodBoolean;
  const isRequired = path.length === 1 && field._zod.optin === undefined;
  const { flag } = metaOf(field);
  const names = flag === undefined ? name : `--${flag}, ${name}`;
  const flags = isSwitch ? names : `${names} <${argumentName(name, inner, field)}>`;
  const option = new Option(flags, isRequired ? `${meaningOf(field)} (required)` : meaningOf(field));
  const byDefault = defaultOf(field);
  const parser = metaOf(field).keepsCommas ? withElement : parserOf(inner, byDefault);
  if (parser) option.argParser(parser);
  option.argChoices = choicesOf(inner); // for the help; the schema checks the value
  if (!isSwitch) option.default(byDefault, defaultValueText(byDefault));
  const group = groupOf(path, isRequired);
  if (group !== undefined) option.helpGroup(group);
  return isRequired
    ? { path, option, missing: `Expected ${flags}: ${descriptionText(field)}` }
    : { path, option };
}

function argumentName(name: string, inner: z.core.$ZodType, field: z.core.$ZodType): string {
  if (inner instanceof z.ZodNumber) return metaOf(field).unit ?? "number";
  if (metaOf(field).keepsCommas) return `${name.split("-").at(-1)!}...`;
  if (inner instanceof z.ZodArray) return "a,b,...";
  if (inner instanceof z.ZodCustom) return "file...";
  return name.split("-").at(-1)!;
}

function choicesOf(inner: z.core.$ZodType): string[] | undefined {
  if (inner instanceof z.ZodEnum) return inner.options.map(String);
  return inner instanceof z.ZodLiteral ? [...inner.values].map(String) : undefined;
}

function kebabCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
