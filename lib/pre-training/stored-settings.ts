import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { dataError } from "../data/data-error.js";
import { membershipOf } from "../distributed/membership.js";
import { describe, expected } from "../errors.js";
import { openSealedJson, sealedJson } from "../files/sealed-json.js";
import { writeWholeFile } from "../files/whole-file.js";
import { isSchedule } from "./computation.js";
import { type PretrainSettings, phaseOptions } from "./options.js";
import { SETTINGS } from "./run-files.js";

type Options = Record<string, unknown>;

const storedSchema = z.strictObject({
  /** Complete, with absolute paths; without those that are of one call alone. */
  settings: z.looseObject({
    batchSize: z.int().positive(),
    phases: z.array(z.looseObject({ batchSize: z.int().positive().optional() })).optional(),
  }),
  /** How many worked on each batch together. */
  processes: z.int().positive(),
});
type StoredSettings = z.infer<typeof storedSchema>;

/** Keeps a run's settings in its folder, for those who resume it. */
export function storeSettings(settings: PretrainSettings, processes: number): void {
  const {
    outputDir,
    resume: _r,
    overwrite: _o,
    continueFrom,
    data,
    tensorboardDir,
    phases,
    ...others
  } = settings;
  const absolute = (path: string) => resolve(path);
  const stored: StoredSettings = {
    settings: {
      ...others,
      ...(data !== undefined && { data: absolute(data) }),
      ...(continueFrom !== undefined && { continueFrom: absolute(continueFrom) }),
      ...(tensorboardDir !== undefined && { tensorboardDir: absolute(tensorboardDir) }),
      ...(phases && {
        phases: phases.map((phase) => ({
          ...phase,
          ...(phase.data !== undefined && { data: absolute(phase.data) }),
        })),
      }),
    },
    processes,
  };
  writeWholeFile(join(outputDir, SETTINGS), sealedJson(stored), "outputDir");
}

/**
 * The options of a run to resume: those that are not given are as they were.
 *
 * @param processes that share the batches now
 * @throws LibbertError ERR_OPTION for one that only a run of its own can have; ERR_DATA for settings that were changed on disk
 */
export function withStoredSettings(given: Options, processes = membershipOf()?.size ?? 1): Options {
  const { resume, outputDir } = given;
  if (resume !== true || typeof outputDir !== "string") return given;
  const stored = readSettings(join(outputDir, SETTINGS));
  if (stored === undefined) return given;
  const before: Options = stored.settings;
  checkAgreement(given, before);
  const { changeSchedule, ...settings } = before;
  // What was changed after the newest snapshot goes on to be allowed; anything else has to be asked for again.
  const isAsBefore = Object.keys(given).every(
    (name) => !isSchedule(name) || isDeepStrictEqual(given[name], before[name]),
  );
  return {
    ...settings,
    ...(given.batchSize === undefined && given.phases === undefined && sharedBatches(stored, processes)),
    ...(isAsBefore && { changeSchedule }),
    ...given,
  };
}

function readSettings(path: string): StoredSettings | undefined {
  if (!existsSync(path)) return undefined;
  let cause: unknown;
  try {
    const parsed = storedSchema.safeParse(openSealedJson(readFileSync(path, "utf8")));
    if (parsed.success) return parsed.data;
    cause = parsed.error;
  } catch (error) {
    cause = error;
  }
  const received = "others: delete the file, and give all options of the run";
  throw dataError(path, "the settings of the run as they were written", received, { cause });
}

/** Settings that decide about others: with another one, what is left of the stored ones would not fit. */
const DECIDING = ["objective", "recipe"];

function checkAgreement(given: Options, stored: Options): void {
  for (const name of DECIDING) {
    if (given[name] === undefined || given[name] === stored[name]) continue;
    const before = stored[name] === undefined ? "no value" : describe(stored[name]);
    throw expected(`${before}, as in the run to resume,`, name, given[name]);
  }
  if (given.continueFrom !== undefined && stored.continueFrom === undefined)
    throw expected(
      "no value, as the run to resume began with a new model,",
      "continueFrom",
      given.continueFrom,
    );
  const phases = (given.phases ?? stored.phases) as Options[] | undefined;
  if (!Array.isArray(phases)) return; // one phase, or what the schema refuses
  for (const name of Object.keys(phaseOptions.shape)) {
    if (given[name] === undefined || !phases.every((phase) => Object(phase)[name] !== undefined)) continue;
    if (isDeepStrictEqual(given[name], stored[name])) continue;
    throw expected("phases, as each phase of the run to resume has its own,", name, given[name]);
  }
}

/** The batches of all processes together, divided anew. */
function sharedBatches({ settings, processes: before }: StoredSettings, processes: number) {
  const share = (batchSize: number) => {
    const together = batchSize * before;
    if (together % processes === 0) return together / processes;
    const what = `a number of processes that divides ${together}, the batch of the run to resume,`;
    throw expected(what, "WORLD_SIZE", processes);
  };
  const { batchSize, phases } = settings;
  return {
    batchSize: share(batchSize),
    ...(phases && {
      phases: phases.map((phase) => ({
        ...phase,
        ...(phase.batchSize !== undefined && { batchSize: share(phase.batchSize) }),
      })),
    }),
  };
}
