import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { dataError } from "../data/data-error.js";
import { jsonProblem, LibbertError } from "../errors.js";
import type { OutputDirectory } from "../files/output-directory.js";
import { openSealedJson, sealedJson } from "../files/sealed-json.js";
import { writeWholeFile } from "../files/whole-file.js";
import { writeError } from "../files/write-error.js";
import { type ComputedOn, computedOnSchema } from "../snapshots/order-of-sums.js";

const RESULT = "result.json";

const storedSchema = z.object({
  options: z.record(z.string(), z.unknown()),
  computedOn: computedOnSchema,
  result: z.record(z.string(), z.unknown()),
});

/** What a run came to, and what its sums were computed on. */
interface StoredResult<Result> {
  result: Result;
  computedOn: ComputedOn;
}

/**
 * What an earlier call stored for one run of several; null where there is nothing.
 *
 * @param name what the caller's option is called
 * @throws LibbertError ERR_OPTION when it was trained with other options; ERR_DATA when the file is damaged
 */
export function storedResult<Result>(
  directory: string,
  options: object,
  name: string,
): StoredResult<Result> | null {
  const path = join(directory, RESULT);
  if (!existsSync(path)) return null;
  const stored = readStored(path);
  const others = differences(stored.options, JSON.parse(JSON.stringify(options)));
  if (others.length === 0) return { result: stored.result as Result, computedOn: stored.computedOn };
  throw new LibbertError(
    "ERR_OPTION",
    `Expected the options that ${directory} was trained with but received others for ${others.join(", ")}; another outputDir begins anew`,
    { option: name },
  );
}

function readStored(path: string): z.output<typeof storedSchema> {
  try {
    return storedSchema.parse(openSealedJson(readFileSync(path, "utf8")));
  } catch (cause) {
    const what = cause instanceof z.ZodError ? "something else" : jsonProblem(cause);
    const wanted = "the options and the result of a run (delete the file, and the run is made again)";
    throw dataError(path, wanted, what, { cause });
  }
}

/** The names of the options that are not the same. */
function differences(stored: Record<string, unknown>, asked: Record<string, unknown>): string[] {
  const names = new Set([...Object.keys(stored), ...Object.keys(asked)]);
  return [...names].filter((name) => !isDeepStrictEqual(stored[name], asked[name]));
}

/** Stores the result of a run that is done: it will not be trained again. */
export function storeResult(
  directory: string,
  options: object,
  { result, computedOn }: StoredResult<object>,
): void {
  const path = join(directory, RESULT);
  try {
    mkdirSync(directory, { recursive: true });
  } catch (error) {
    throw writeError("a result", path, "outputDir", error);
  }
  writeWholeFile(path, sealedJson({ options, computedOn, result }), "outputDir");
}

/** Writes the results of all runs, together. */
export function writeFiles(output: OutputDirectory, files: Readonly<Record<string, string>>): Promise<void> {
  return output.change("the results", {
    write(staging) {
      for (const [name, text] of Object.entries(files)) writeFileSync(join(staging, name), text);
    },
  });
}

export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
