import type { z } from "zod";

/** What a caller gives for a schema: its arrays need not be ones that could be written to. */
export type CallerInput<Schema extends z.ZodType> = ReadOnly<z.input<Schema>>;

type ReadOnly<Value> = Value extends readonly (infer Element)[]
  ? number extends Value["length"]
    ? readonly ReadOnly<Element>[]
    : Readonly<Value>
  : Value extends AbortSignal | ((...given: never[]) => unknown) | Iterable<unknown> | AsyncIterable<unknown>
    ? Value
    : Value extends object
      ? { [Key in keyof Value]: ReadOnly<Value[Key]> }
      : Value;
