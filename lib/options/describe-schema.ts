import type { z } from "zod";
import { numberText } from "../text-format.js";
import { defaultOf, descriptionOf, metaOf, optionMeta } from "./option.js";

/** An option as documentation shows it. */
export interface OptionDescription {
  name: string;
  type: OptionType;
  required: boolean;
  /** What it is, in sentences. */
  meaning: string;
  unit?: string;
  /** In Markdown: a value in backticks, or words. */
  defaultText?: string;
}

/** The type of what a caller gives. */
export type OptionType =
  | { kind: "name"; text: string } // as TypeScript writes it: string, "auto", RowSource
  | { kind: "object"; fields: OptionDescription[] }
  | { kind: "array"; element: OptionType }
  | { kind: "tuple"; elements: OptionType[] }
  | { kind: "record"; key: OptionType; value: OptionType }
  | { kind: "union"; members: OptionType[] };

/**
 * The options of a schema in its order, as callers give them.
 *
 * @throws Error for an option without a description, and for a type that no documentation could show
 */
export function describeSchema(schema: z.ZodObject, omit: readonly string[] = []): OptionDescription[] {
  const fields = Object.entries(schema.shape).filter(([name]) => !omit.includes(name));
  return fields.map(([name, field]) => describeField(name, field, name));
}

function describeField(name: string, field: z.core.$ZodType, path: string): OptionDescription {
  const description = descriptionOf(field);
  if (!description) throw new Error(`Expected a description for option ${path} but received none`);
  const byDefault = defaultOf(field);
  const { unit, defaultText = byDefault === undefined ? undefined : `\`${valueText(byDefault)}\`` } =
    metaOf(field);
  const required = field._zod.optin === undefined;
  return {
    name,
    type: typeOfField(field, path),
    required,
    meaning: sentence(description),
    unit,
    defaultText,
  };
}

function sentence(text: string): string {
  const capitalized = text[0]!.toUpperCase() + text.slice(1);
  return /[.!?]$/.test(capitalized) ? capitalized : `${capitalized}.`;
}

/** A value as TypeScript writes it. */
function valueText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(valueText).join(", ")}]`;
  if (typeof value === "number") return numberText(value);
  if (typeof value !== "object" || value === null)
    return typeof value === "string" ? JSON.stringify(value) : String(value);
  const fields = Object.entries(value).map(([name, inner]) => `${name}: ${valueText(inner)}`);
  return fields.length === 0 ? "{}" : `{ ${fields.join(", ")} }`;
}

/** The type of a property, without the `undefined` that its question mark stands for. */
function typeOfField(field: z.core.$ZodType, path: string): OptionType {
  const { def } = (field as z.core.$ZodTypes)._zod;
  const isLeftOut = def.type === "optional" || def.type === "default" || def.type === "prefault";
  const hasName = optionMeta.get(field)?.typeName !== undefined;
  return isLeftOut && !hasName ? typeOfField(def.innerType, path) : typeOf(field, path);
}

function typeOf(field: z.core.$ZodType, path: string): OptionType {
  const typeName = optionMeta.get(field)?.typeName;
  if (typeName !== undefined) return named(typeName);
  const { def, bag } = (field as z.core.$ZodTypes)._zod;
  const inside = (inner: z.core.$ZodType) => typeOf(inner, path);
  switch (def.type) {
    case "string":
    case "number":
    case "boolean":
    case "unknown":
    case "null":
      return named(def.type);
    case "enum":
      return union(Object.values(def.entries).map(literal));
    case "literal":
      return union(def.values.map(literal));
    case "optional":
    case "default":
    case "prefault":
      return union([inside(def.innerType), named("undefined")]);
    case "nullable":
      return union([inside(def.innerType), named("null")]);
    case "union": // the discriminated ones too
      return union(def.options.map(inside));
    case "array":
      return { kind: "array", element: typeOf(def.element, `${path}[]`) };
    case "tuple":
      if (!def.rest) return { kind: "tuple", elements: def.items.map(inside) };
      break;
    case "record":
      return { kind: "record", key: inside(def.keyType), value: typeOf(def.valueType, `${path}.*`) };
    case "object":
      if (def.catchall?._zod.def.type !== "never") break;
      return { kind: "object", fields: fieldsOf(def.shape, path) };
    case "custom": {
      const { Class } = bag as { Class?: { name: string } }; // of z.instanceof()
      if (Class) return named(Class.name);
    }
  }
  throw new Error(`Expected a typeName for option ${path}, whose zod type is ${def.type}`);
}

function fieldsOf(shape: z.core.$ZodShape, path: string): OptionDescription[] {
  return Object.entries(shape).map(([name, field]) => describeField(name, field, `${path}.${name}`));
}

function named(text: string): OptionType {
  return { kind: "name", text };
}

function literal(value: unknown): OptionType {
  return named(valueText(value));
}

function union(members: OptionType[]): OptionType {
  return members.length === 1 ? members[0]! : { kind: "union", members };
}
