import type { z } from "zod";
import { describeSchema, type OptionDescription } from "./describe-schema.js";
import { typeText } from "./type-text.js";

/** Columns of a line, as in biome.json. */
const LINE_WIDTH = 110;

/** What the interface says beside the schema's options. */
export interface InterfaceText {
  /** What the options are for, in sentences. */
  about: string;
  /** An interface whose properties it inherits; leave them out of `schema` or name them in `omit`. */
  extends?: string;
  omit?: readonly string[];
}

/**
 * The TypeScript interface of what callers give: every property with its meaning, unit and default. Long types are left
 * to the formatter.
 *
 * @throws Error for an option without a description, or of a type without a name
 */
export function renderInterface(name: string, schema: z.ZodObject, text: InterfaceText): string {
  const heritage = text.extends === undefined ? "" : ` extends ${text.extends}`;
  const body = properties(describeSchema(schema, text.omit), "  ");
  return `${docComment(text.about, "")}\nexport interface ${name}${heritage} {\n${body}\n}\n`;
}

function properties(options: readonly OptionDescription[], indent: string): string {
  return options
    .map((option) => {
      const type = typeText(option.type, (fields) => `{\n${properties(fields, `${indent}  `)}\n${indent}}`);
      const mark = option.required ? "" : "?";
      return `${docComment(explanation(option), indent)}\n${indent}${option.name}${mark}: ${type};`;
    })
    .join("\n");
}

function explanation({ meaning, unit, defaultText }: OptionDescription): string {
  const unitText = unit === undefined ? "" : ` Unit: ${unit}.`;
  const defaultSentence = defaultText === undefined ? "" : ` Default: ${defaultText}.`;
  return `${meaning}${unitText}${defaultSentence}`;
}

function docComment(text: string, indent: string): string {
  const safe = text.replaceAll("*/", "*\\/");
  const line = `${indent}/** ${safe} */`;
  if (line.length <= LINE_WIDTH) return line;
  const lines = wrapped(safe, LINE_WIDTH - indent.length - " * ".length);
  return [`${indent}/**`, ...lines.map((part) => `${indent} * ${part}`), `${indent} */`].join("\n");
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
