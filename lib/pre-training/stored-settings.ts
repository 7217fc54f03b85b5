import { join, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import type { BudgetChoice } from "../budget/choice.js";
import { membershipOf } from "../distributed/membership.js";
import { describe, expected } from "../errors.js";
import { checkSameBudget, storedChoiceSchema } from "../snapshots/stored-choice.js";
import { readSealed, settingsAsTheyWere, sharedBatch, writeSealed } from "../snapshots/stored-settings.js";
import { type PretrainSettings, phaseOptions, withPhaseDefaults } from "./options.js";
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
  /** What the settings were chosen by, where that was a budget. */
  budget: storedChoiceSchema.nullable(),
});
type StoredSettings = z.infer<typeof storedSchema>;

/** Keeps a run's settings in its folder, for those who resume it. */
export function storeSettings(
  settings: PretrainSettings,
  budget: BudgetChoice | null,
  processes: number,
): void {
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
      ...withPhaseDefaults(others),
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
    budget,
  };
  writeSealed(join(outputDir, SETTINGS), stored);
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
  const stored = readSealed(join(outputDir, SETTINGS), storedSchema);
  if (stored === undefined) return given;
  const before: Options = stored.settings;
  checkAgreement(given, before);
  checkSameBudget(given.budget, stored.budget);
  const { budget: _, ...others } = given; // what it came to is among the settings
  return {
    ...settingsAsTheyWere(before, given),
    ...(given.batchSize === undefined && given.phases === undefined && sharedBatches(stored, processes)),
    ...others,
  };
}

/** What the settings of a run to resume were chosen by; null where that was no budget, or there is no such run. */
export function storedChoice({ resume, outputDir }: PretrainSettings): BudgetChoice | null {
  return resume ? (readSealed(join(outputDir, SETTINGS), storedSchema)?.budget ?? null) : null;
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

/** What each process has of the batches now. */
function sharedBatches({ settings, processes: before }: StoredSettings, now: number) {
  const share = (batchSize: number) => sharedBatch(batchSize, { before, now });
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
