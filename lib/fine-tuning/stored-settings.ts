import { existsSync, mkdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import type { BudgetChoice } from "../budget/choice.js";
import { isStandardInput, type RowInput } from "../data/readers/rows.js";
import { membershipOf } from "../distributed/membership.js";
import { describe, expected, LibbertError } from "../errors.js";
import { REPORT } from "../files/model-files.js";
import { writeError } from "../files/write-error.js";
import { areFiles, type Files } from "../options/row-options.js";
import { refusedChange } from "../snapshots/settings-changes.js";
import { checkSameBudget, storedChoiceSchema } from "../snapshots/stored-choice.js";
import { readSealed, settingsAsTheyWere, sharedBatch, writeSealed } from "../snapshots/stored-settings.js";
import type { FineTuneSettings } from "./options.js";
import { settingsFile } from "./run-files.js";

type Options = Record<string, unknown>;

const ROWS = ["train", "validation"] as const;

const storedSchema = z.strictObject({
  /** Complete, with absolute paths; without those that are of one call alone. */
  settings: z.looseObject({ task: z.string(), batchSize: z.int().positive() }),
  /** The options whose rows came from no file: whoever gave them has to give them again. */
  unfiled: z.array(z.enum(ROWS)),
  /** How many worked on each batch together. */
  processes: z.int().positive(),
  /** What the settings were chosen by, where that was a budget. */
  budget: storedChoiceSchema.nullable(),
});

/** What is stored beside the settings. */
interface Beside {
  /** What "auto" came to. */
  microBatchSize: number;
  budget: BudgetChoice | null;
  processes: number;
}

/** Keeps a run's settings with its snapshots, for those who resume it. */
export function storeSettings(
  settings: FineTuneSettings & { batchSize: number },
  { microBatchSize, budget, processes }: Beside,
): void {
  const {
    resume: _r,
    overwrite: _o,
    model,
    teacher,
    train,
    validation,
    tensorboardDir,
    ...others
  } = settings;
  const rows = { train, validation };
  const filed = ROWS.flatMap((name) => (isFiled(rows[name]) ? [[name, absolute(rows[name])]] : []));
  const stored: z.infer<typeof storedSchema> = {
    settings: {
      ...others,
      ...(others.microBatchSize === "auto" && { microBatchSize }),
      model: resolve(model),
      ...(teacher !== undefined && { teacher: resolve(teacher) }),
      ...(tensorboardDir !== undefined && { tensorboardDir: resolve(tensorboardDir) }),
      ...Object.fromEntries(filed),
    },
    unfiled: ROWS.filter((name) => rows[name] !== undefined && !isFiled(rows[name])),
    processes,
    budget,
  };
  const path = settingsFile(settings.outputDir!);
  try {
    mkdirSync(dirname(path), { recursive: true });
  } catch (error) {
    throw writeError("the settings", path, "outputDir", error);
  }
  writeSealed(path, stored);
}

/** Whether rows can be read again by whoever has their paths. */
function isFiled(rows: RowInput | undefined): rows is Files {
  return areFiles(rows) && !isStandardInput(rows);
}

function absolute(files: Files): Files {
  return typeof files === "string" ? resolve(files) : files.map((path) => resolve(path));
}

/**
 * The options of a run to resume: those that are not given are as they were.
 *
 * @param processes that share the batches now
 * @throws LibbertError ERR_OPTION where there is no run that can go on, and for rows that have to be given again; ERR_DATA for
 *   settings that were changed on disk
 */
export function withStoredSettings(options: Options, processes = membershipOf()?.size ?? 1): Options {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const { resume, outputDir } = given;
  if (resume !== true) return given;
  if (outputDir === undefined)
    throw expected("the directory of the run that resume goes on with", "outputDir", undefined);
  if (typeof outputDir !== "string" || outputDir === "") return given; // which the schema refuses
  const stored = readSealed(settingsFile(outputDir), storedSchema);
  if (stored === undefined) {
    checkNothingIsOver(given, outputDir);
    return given;
  }
  const { settings, unfiled, processes: before, budget } = stored;
  checkTask(given, settings);
  checkSameBudget(given.budget, budget);
  checkSameSeeds(given, settings);
  const missing = unfiled.find((name) => given[name] === undefined);
  if (missing !== undefined)
    throw expected("the rows of the run to resume again, which came from no file,", missing, undefined);
  const { microBatchSize, budget: _, ...others } = given; // what the budget came to is among the settings
  const shared = () => sharedBatch(settings.batchSize, { before, now: processes });
  return {
    ...settingsAsTheyWere(settings, given),
    ...(given.batchSize === undefined && { batchSize: shared() }),
    ...(microBatchSize !== undefined && microBatchSize !== "auto" && { microBatchSize }), // "auto" is what it came to
    ...others,
  };
}

/** A run that is over leaves its report, and nothing to go on from. */
function checkNothingIsOver({ task }: Options, outputDir: string): void {
  const isOver = existsSync(join(outputDir, REPORT));
  if (!isOver && task !== undefined) return;
  const [what, why] = isOver
    ? ["whose run is over", "give it as model to train it further, or overwrite: true instead begins anew"]
    : ["which holds none", "to begin one, give its options"];
  throw new LibbertError(
    "ERR_OPTION",
    `Expected the directory of a run to go on with for outputDir but received ${describe(outputDir)}, ${what}; ${why}`,
    { option: "outputDir" },
  );
}

/** What the settings of a run to resume were chosen by; null where that was no budget, or there is no such run. */
export function storedChoice({
  resume,
  outputDir,
}: Pick<FineTuneSettings, "resume" | "outputDir">): BudgetChoice | null {
  if (!resume || outputDir === undefined) return null;
  return readSealed(settingsFile(outputDir), storedSchema)?.budget ?? null;
}

/** The options of another task would mean nothing. */
function checkTask({ task }: Options, stored: { task: string }): void {
  if (task === undefined || task === stored.task) return;
  throw expected(`${describe(stored.task)}, as in the run to resume,`, "task", task);
}

/** One seed's snapshots lie elsewhere than those of several: a run with others would begin anew, and lose what was trained. */
function checkSameSeeds({ seeds: now }: Options, { seeds: before }: Options): void {
  if (now !== undefined && !isDeepStrictEqual(now, before))
    throw refusedChange({ name: "seeds", before, now });
}
