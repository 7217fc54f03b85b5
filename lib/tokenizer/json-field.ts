import { describe, type LibbertError } from "../errors.js";
import { isObject } from "../is-object.js";
import { fileError } from "./file-error.js";

/** A value of a JSON file and where it stands, so that a wrong one is named: `model.vocab.3`. */
export class JsonField {
  constructor(
    /** What errors call the file. */
    readonly source: string,
    readonly name: string,
    readonly value: unknown,
  ) {}

  /** A field of this object, or an element of this array; absent where it has none of its own. */
  at(key: string | number): JsonField {
    const name = this.name === "" ? `${key}` : `${this.name}.${key}`;
    const has = hasParts(this.value) && Object.hasOwn(this.value, key);
    return new JsonField(this.source, name, has ? this.value[key] : undefined);
  }

  /** JSON has two ways to leave a field open. */
  get isAbsent(): boolean {
    return this.value === undefined || this.value === null;
  }

  wrong(what: string): LibbertError {
    const place = this.name === "" ? "" : ` for ${this.name}`;
    return fileError(this.source, `${what}${place}`, this.shown);
  }

  /** The value as an error shows it. */
  get shown(): string {
    return inFewWords(this.value);
  }

  /** The fields of an object. */
  fields(what = "an object"): [key: string, field: JsonField][] {
    if (!isObject(this.value)) throw this.wrong(what);
    return Object.keys(this.value).map((key) => [key, this.at(key)]);
  }

  /** The elements of an array. */
  items(what = "an array"): JsonField[] {
    if (!Array.isArray(this.value)) throw this.wrong(what);
    return this.value.map((_, index) => this.at(index));
  }

  text(what = "a text"): string {
    if (typeof this.value !== "string") throw this.wrong(what);
    return this.value;
  }

  flag(): boolean {
    if (typeof this.value !== "boolean") throw this.wrong("true or false");
    return this.value;
  }

  integer(least: number, most: number): number {
    const { value } = this;
    if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most)
      return value as number;
    throw this.wrong(`an integer from ${least} to ${most}`);
  }

  oneOf<Choice extends string>(choices: readonly Choice[]): Choice {
    if (choices.includes(this.value as Choice)) return this.value as Choice;
    throw this.wrong(listed(choices.map((choice) => JSON.stringify(choice))));
  }
}

/** Whether a value is an object or an array. */
function hasParts(value: unknown): value is Record<string | number, unknown> {
  return typeof value === "object" && value !== null;
}

/** Whether a value is more than `levels` deep. */
export function isNested(value: unknown, levels: number): boolean {
  let parts = [value].filter(hasParts);
  for (let level = 0; level <= levels && parts.length > 0; level++) {
    parts = parts.flatMap((part) => Object.values(part).filter(hasParts));
  }
  return parts.length > 0;
}

/** `a, b or c` */
export function listed(choices: readonly string[]): string {
  return choices.length < 2 ? choices.join() : `${choices.slice(0, -1).join(", ")} or ${choices.at(-1)}`;
}

/** A value of JSON in a few words: objects and arrays with their first parts. */
function inFewWords(value: unknown): string {
  if (value === undefined) return "none";
  if (!hasParts(value)) return describe(value);
  const keys = Object.keys(value);
  const shown = keys.slice(0, 3).map((key) => {
    const part = value[key];
    const text = hasParts(part) ? (Array.isArray(part) ? "[…]" : "{…}") : describe(part);
    return Array.isArray(value) ? text : `${describe(key)}: ${text}`;
  });
  if (keys.length > shown.length) shown.push("…");
  return Array.isArray(value) ? `[${shown.join(", ")}]` : `{${shown.join(", ")}}`;
}
