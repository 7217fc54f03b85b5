import { z } from "zod";
import { hasNoNullByte, WITHOUT_NULL_BYTES } from "../files/require-path.js";
import { optionMeta } from "./option.js";

/** Where rows come from: the path of a .tsv, .csv or .jsonl file, or rows in memory. */
export type RowSource = string | Iterable<Record<string, unknown>> | AsyncIterable<Record<string, unknown>>;

/** A path, an array or an iterable of rows. @param what its description */
export function rowsOption(what: string) {
  return z
    .custom<RowSource>(isRowSource, "the path of a file, an array or an iterable of rows")
    .refine(hasNoNullByte, WITHOUT_NULL_BYTES)
    .describe(what)
    .register(optionMeta, { typeName: "RowSource", isPath: true });
}

export function isRowSource(value: unknown): value is RowSource {
  return (typeof value === "string" && value !== "") || isIterable(value);
}

function isIterable(value: unknown): boolean {
  return (
    typeof value === "object" && value !== null && (Symbol.iterator in value || Symbol.asyncIterator in value)
  );
}
