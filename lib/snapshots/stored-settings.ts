import { existsSync, readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import type { z } from "zod";
import { dataError } from "../data/data-error.js";
import { expected } from "../errors.js";
import { openSealedJson, sealedJson } from "../files/sealed-json.js";
import { writeWholeFile } from "../files/whole-file.js";
import { isSchedule } from "./settings-changes.js";

/** Keeps what belongs to a run in a file that tells whether it was changed. */
export function writeSealed(path: string, stored: object): void {
  writeWholeFile(path, sealedJson(stored), "outputDir");
}

/**
 * What `writeSealed` kept; undefined where there is nothing.
 *
 * @param remedy what to do where it was changed on disk
 * @throws LibbertError ERR_DATA for what was changed
 */
export function readSealed<Stored>(
  path: string,
  schema: z.ZodType<Stored>,
  remedy = "give all options of the run",
): Stored | undefined {
  if (!existsSync(path)) return undefined;
  let cause: unknown;
  try {
    const parsed = schema.safeParse(openSealedJson(readFileSync(path, "utf8")));
    if (parsed.success) return parsed.data;
    cause = parsed.error;
  } catch (error) {
    cause = error;
  }
  const received = `others: delete the file, and ${remedy}`;
  throw dataError(path, "the settings of the run as they were written", received, { cause });
}

/**
 * A run's settings for whoever resumes it. What was changed after the newest snapshot goes on to be allowed; anything else has to
 * be asked for again.
 */
export function settingsAsTheyWere(
  stored: Readonly<Record<string, unknown>>,
  given: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const { changeSchedule, ...settings } = stored;
  const isAsBefore = Object.keys(given).every(
    (name) => !isSchedule(name) || isDeepStrictEqual(given[name], stored[name]),
  );
  return { ...settings, ...(isAsBefore && { changeSchedule }) };
}

/** The batches of all processes together, divided anew. @throws ERR_OPTION where that cannot be */
export function sharedBatch(batchSize: number, { before, now }: { before: number; now: number }): number {
  const together = batchSize * before;
  if (together % now === 0) return together / now;
  const what = `a number of processes that divides ${together}, the batch of the run to resume,`;
  throw expected(what, "WORLD_SIZE", now);
}
