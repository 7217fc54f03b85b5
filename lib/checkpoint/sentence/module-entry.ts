import { join, normalize } from "node:path";
import { z } from "zod";
import { readModelJson } from "../../files/regular-file.js";
import { parseFields, shown } from "../../options/parse-fields.js";

/** A line of `modules.json`: what is computed, and the folder of its files. */
export const modulesSchema = z.array(z.looseObject({ path: z.string(), type: z.string() })).min(1);
export type ModuleEntry = z.output<typeof modulesSchema>[number];

/** What sentence-transformers has and libbert has not. */
export class Unsupported extends Error {}

/** Both the names of today and those of old versions end in the class. */
export function isModule({ type }: ModuleEntry, name: string): boolean {
  return type.startsWith("sentence_transformers.") && type.endsWith(`.${name}`);
}

export function nameOf({ type }: ModuleEntry): string {
  return `the module ${type}`;
}

/** The fields of a module's own `config.json`; undefined without one. */
export function ownFields<Schema extends z.ZodType>(
  schema: Schema,
  directory: string,
  { path }: ModuleEntry,
) {
  return fieldsOf(schema, directory, join(inside(path), "config.json"));
}

/** @throws Unsupported for a path that leads out of the model's directory */
export function inside(path: string): string {
  const relative = normalize(path || ".");
  if (!isInside(relative)) throw new Unsupported(`a module outside of the directory, ${shown(path)},`);
  return relative;
}

export function isInside(relative: string): boolean {
  return !relative.startsWith("..") && !relative.startsWith("/");
}

/** The fields of a file; undefined where it is missing. @throws LibbertError ERR_CHECKPOINT */
export function fieldsOf<Schema extends z.ZodType>(
  schema: Schema,
  directory: string,
  name: string,
): z.output<Schema> | undefined {
  const path = join(directory, name);
  const json = readModelJson(path);
  return json === undefined ? undefined : parseFields(schema, json, path);
}
