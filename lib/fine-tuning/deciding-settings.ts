import { createHash } from "node:crypto";
import { expected } from "../errors.js";
import { decidingOptions } from "../options/option.js";
import {
  ALLOWED_BY_SCHEDULE,
  type Change,
  changesBetween,
  type DecidingSettings,
  isSchedule,
  refusedChange,
} from "../snapshots/settings-changes.js";
import { metricsOf } from "../tasks/metrics-of.js";
import { counted } from "../text-format.js";
import { completeSettings, type FineTuneSettings, fineTuneOptions } from "./options.js";
import { fingerprintOf, type PreparedRun } from "./prepare-run.js";
import type { FineTuneState } from "./run-state.js";

/**
 * What decides a run's result, by the options' names, as JSON has it. Files count by what they hold, and batches by what all
 * processes have together.
 */
export function decidingSettings(run: PreparedRun, processes: number): DecidingSettings {
  const { settings, rows, maxSeqLength, compute, head, teacherHashes } = run;
  const { batchSize: _, loadBest, ...options } = decidingOptions(fineTuneOptions, completeSettings(settings));
  const all = {
    ...options,
    loadBest, // behind patience, which decides it where it is not given: the first that is another one is named
    epochs: settings.epochs,
    maxSeqLength,
    metric: settings.metric ?? metricsOf(head, rows.config)[0],
    dtype: compute.dtype,
    rowsPerUpdate: settings.batchSize * processes,
    train: fingerprintOf(rows.train),
    validation: rows.validation && fingerprintOf(rows.validation),
    labels: rows.config.labels,
    model: modelFingerprint(run),
    teacher: teacherHashes && Object.values(teacherHashes).join(" "),
  };
  return JSON.parse(JSON.stringify(all));
}

/** Of what is trained: its weights, and what they and the options make of it. */
function modelFingerprint({ hashes, checkpoint, rows: { config, choices } }: PreparedRun): string {
  const parts = [Object.values(hashes!), checkpoint.encoder, checkpoint.layers, config, choices];
  return `sha256 ${createHash("sha256").update(JSON.stringify(parts)).digest("hex")}`;
}

/** Options that say which rows are read, and from what; and what that comes to. */
const OF_ROWS = ["limit", "columns", "columnNames"];
const ROWS = ["train", "validation", "labels"];

/**
 * Without options of the rows where these are the same: such as a limit above all of them. Columns count beside a teacher, to whose
 * tokenizer texts may differ that are the same tokens to the model.
 */
function withoutIdle(changes: readonly Change[], { teacher }: DecidingSettings): Change[] {
  if (changes.some(({ name }) => ROWS.includes(name))) return [...changes];
  const idle = teacher ? ["limit"] : OF_ROWS;
  return changes.filter(({ name }) => !idle.includes(name));
}

/**
 * The settings that are others than the snapshot's.
 *
 * @param totalSteps updates that the run is to have
 * @throws ERR_OPTION naming the first that may not be another one
 */
export function checkSameSettings(
  { settings: stored, course: { steps, stoppedEarly } }: FineTuneState,
  asked: DecidingSettings,
  totalSteps: number,
  { changeSchedule, seeds }: Pick<FineTuneSettings, "changeSchedule" | "seeds">,
): Change[] {
  const changes = withoutIdle(changesBetween(stored, asked), asked);
  const isOfSchedule = ({ name }: Change) => isSchedule(name) || name === "epochs";
  const allowed = (change: Change) =>
    seeds === undefined &&
    ((changeSchedule && isOfSchedule(change)) || (stoppedEarly && change.name === "patience"));
  const refused =
    changes.find((change) => !allowed(change) && !isOfSchedule(change)) ??
    changes.find((change) => !allowed(change));
  if (refused === undefined) {
    if (totalSteps < steps.length)
      throw expected(
        `enough epochs for the ${counted(steps.length, "update")} already made,`,
        "epochs",
        asked.epochs,
      );
    return changes;
  }
  const mayBeAllowed = isOfSchedule(refused) && seeds === undefined;
  throw refusedChange(refused, mayBeAllowed ? ALLOWED_BY_SCHEDULE : undefined);
}
