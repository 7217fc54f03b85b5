import { z } from "zod";
import { hasNoNullByte, WITHOUT_NULL_BYTES } from "../files/require-path.js";
import { optionMeta } from "./option.js";

/** The path of a file, or those of several, whose rows follow each other. */
export type Files = string | readonly string[];

/** Where rows come from: .tsv, .csv, .jsonl or .parquet files, or rows in memory. */
export type RowSource = Files | Iterable<Record<string, unknown>> | AsyncIterable<Record<string, unknown>>;

/** Paths, an array or an iterable of rows. @param what its description */
export function rowsOption(what: string) {
  return z
    .custom<RowSource>(isRowSource, "the path of a file, several paths, an array or an iterable of rows")
    .refine((source) => !areFiles(source) || pathsOf(source).every(hasNoNullByte), WITHOUT_NULL_BYTES)
    .describe(what)
    .register(optionMeta, { typeName: "RowSource", isPath: true });
}

/** The paths of files that a command reads, as the command line has them. @param what its description */
export function filesOption(what: string) {
  return z
    .custom<Files>((value) => areFiles(value) && isRowSource(value), "the path of a file, or several paths")
    .refine((files) => pathsOf(files).every(hasNoNullByte), WITHOUT_NULL_BYTES)
    .describe(what)
    .register(optionMeta, { typeName: "Files", isPath: true });
}

/** The forms that files may be said to have, by their extensions. */
export const FORMATS = ["txt", "tsv", "csv", "jsonl", "json", "conll", "parquet"] as const;
export type Format = (typeof FORMATS)[number];

/** How the files of `filesOption` are written. */
export const formatOption = z
  .enum(FORMATS)
  .optional()
  .describe("form of the input, whatever its name: of standard input above all")
  .register(optionMeta, { defaultText: "what the name ends in" });

export function isRowSource(value: unknown): value is RowSource {
  return areFiles(value) ? pathsOf(value).every((path) => path !== "") : isIterable(value);
}

/** Whether rows come from files: rows in memory are objects. */
export function areFiles(source: unknown): source is Files {
  if (!Array.isArray(source)) return typeof source === "string";
  return source.length > 0 && source.every((item) => typeof item === "string");
}

export function pathsOf(files: Files): readonly string[] {
  return typeof files === "string" ? [files] : files;
}

function isIterable(value: unknown): boolean {
  return (
    typeof value === "object" && value !== null && (Symbol.iterator in value || Symbol.asyncIterator in value)
  );
}
