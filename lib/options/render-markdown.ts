import type { z } from "zod";
import { describeSchema, type OptionDescription, type OptionType } from "./describe-schema.js";
import { typeText } from "./type-text.js";

/**
 * A Markdown table of a schema's options; those of an object in an option follow it as `columns.text`, those of objects
 * in an array as `phases[].steps`.
 *
 * @throws Error for an option without a description, or of a type without a name
 */
export function optionTable(schema: z.ZodObject): string {
  const rows = describeSchema(schema).flatMap((option) => rowsOf(option, ""));
  const head = [row(["option", "type", "default", "meaning"]), "| --- | --- | --- | --- |"];
  return `${[...head, ...rows].join("\n")}\n`;
}

function rowsOf(option: OptionDescription, parent: string): string[] {
  const path = `${parent}${option.name}`;
  const type = typeText(option.type, () => "object");
  const byDefault = option.required ? "required" : (option.defaultText ?? "");
  const unit = option.unit === undefined ? "" : ` Unit: ${option.unit}.`;
  const own = row([`\`${path}\``, `\`${type}\``, byDefault, `${option.meaning}${unit}`]);
  return [own, ...nestedRows(option.type, path)];
}

/** The rows of the options in the objects of a type, which stands at `path`. */
function nestedRows(type: OptionType, path: string): string[] {
  switch (type.kind) {
    case "object":
      return type.fields.flatMap((field) => rowsOf(field, `${path}.`));
    case "array":
      return nestedRows(type.element, `${path}[]`);
    case "record":
      return nestedRows(type.value, `${path}.*`);
    case "union":
      return type.members.flatMap((member) => nestedRows(member, path));
    case "tuple":
      return type.elements.flatMap((element, index) => nestedRows(element, `${path}[${index}]`));
    case "name":
      return [];
  }
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}
