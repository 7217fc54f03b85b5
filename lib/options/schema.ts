import { z } from "zod";

/** Options as zod has them: a strict object, or one of several, told apart by one key such as `task`. */
export type OptionsSchema = z.ZodObject | OptionsUnion;
export type OptionsUnion = z.ZodDiscriminatedUnion<readonly z.ZodObject[], string>;

/** The schema that `.optional()`, `.default()` and their like wrap; undefined for one that wraps none. */
export function innerOf(field: z.core.$ZodType): z.core.$ZodType | undefined {
  const { def } = (field as z.core.$ZodTypes)._zod;
  return "innerType" in def ? def.innerType : undefined;
}

/** The schema below all wrappers. */
export function unwrap(field: z.core.$ZodType): z.core.$ZodType {
  const inner = innerOf(field);
  return inner ? unwrap(inner) : field;
}

/** The union with some more options in every member, such as `signal`. */
export function extendUnion(union: OptionsUnion, shape: z.ZodRawShape): OptionsUnion {
  const [first, ...rest] = union.options.map((member) => member.extend(shape));
  return z.discriminatedUnion(union.def.discriminator, [first!, ...rest]);
}

/** The object that values are options of. @throws RangeError when no member of the union has their discriminator */
export function memberFor(schema: OptionsSchema, values: object): z.ZodObject {
  if (schema instanceof z.ZodObject) return schema;
  const { discriminator } = schema.def;
  const value = (values as Record<string, unknown>)[discriminator];
  const member = schema.options.find((option) => discriminatorsOf(option, discriminator).includes(value));
  if (!member) throw new RangeError(`Expected the ${discriminator} of a member but received ${value}`);
  return member;
}

/** The values of its discriminator by which a member of a union is told, mostly one. */
export function discriminatorsOf(member: z.ZodObject, discriminator: string): unknown[] {
  return [...(member._zod.propValues[discriminator] ?? [])];
}

/** The keys of the object that `path` leads to, such as `columns` or `phases.0`; none where it leads to no object. */
export function knownKeys(schema: z.ZodObject, path: readonly PropertyKey[]): string[] {
  const inner = path.reduce<z.core.$ZodType | undefined>(
    (outer, key) => outer && childOf(outer, key),
    schema,
  );
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
}

function childOf(outer: z.core.$ZodType, key: PropertyKey): z.core.$ZodType | undefined {
  if (outer instanceof z.ZodArray) return unwrap(outer.element);
  if (outer instanceof z.ZodRecord) return unwrap(outer.valueType);
  const field = outer instanceof z.ZodObject ? outer.shape[String(key)] : undefined;
  return field && unwrap(field);
}
