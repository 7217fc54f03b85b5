import { z } from "zod";
import type { ModelCalibration } from "../calibration/model-calibration.js";
import { type CalibrationChoices, type CalibrationKind, calibrationChoices } from "../calibration/options.js";
import { expected } from "../errors.js";
import type { RowSource } from "../options/row-options.js";
import { SPECS, specOf, type TaskName } from "../tasks/find-spec.js";
import type { Requesting } from "./compute-session.js";
import { type LabelledRowsOptions, labelledRowsCall } from "./labelled-rows.js";
import type { CalibrateOptions } from "./option-types.js";

/** Options of `model.calibrate()` beside those of rows. */
export const calibrateOptions = z.strictObject({
  ...calibrationChoices,
  save: z
    .boolean()
    .default(false)
    .describe("write it into the folder that the model was loaded from, where all else stays as it is"),
});

/** What `calibrate()` needs to know of its model. */
export interface Calibratable {
  task: TaskName;
  /** The folder that it was loaded from; null where there is none of its own. */
  folder: string | null;
}

/** `model.calibrate()` */
export async function calibrate(
  session: Requesting,
  { task, folder }: Calibratable,
  rows: RowSource,
  options: CalibrateOptions & LabelledRowsOptions<TaskName>,
): Promise<ModelCalibration> {
  const { settings, signal, toArguments } = labelledRowsCall(task, rows, options, calibrateOptions.shape);
  const { save, ...choices } = settings;
  checkCalibratable(task, choices);
  if (save && folder === null)
    throw expected("a model that was loaded from a folder (save() saves others)", "save", save);
  const calibration = await session.request(
    "calibrate",
    async (toWire) => ({ ...(await toArguments(toWire)), choices }),
    { signal },
  );
  if (save) {
    const { addCalibration } = await import("../checkpoint/calibration-file.js");
    await addCalibration(folder!, { task, calibration });
  }
  return calibration;
}

/**
 * @throws LibbertError ERR_OPTION for a task whose predictions have nothing to calibrate, for what they cannot have, or what another option
 *   leaves without a meaning
 */
export function checkCalibratable(
  task: TaskName,
  { precision, coverage, sets }: CalibrationChoices = {},
): void {
  const kinds = specOf(task).calibratedBy;
  if (kinds === undefined) {
    const able = SPECS.filter(({ calibratedBy }) => calibratedBy).map(({ name }) => name);
    throw expected(`one of ${able.join(", ")}`, "the task of the model of calibrate()", task);
  }
  const has = (kind: CalibrationKind) => kinds.includes(kind);
  if (precision !== undefined && !has("abstention"))
    throw expected(`no value, as no prediction of ${task} is abstained from,`, "precision", precision);
  if (coverage !== undefined && !has("sets") && !has("interval"))
    throw expected(`no value, as ${task} has no sets of predictions,`, "coverage", coverage);
  if (coverage === undefined && !has("temperature"))
    throw expected(`a number between 0 and 1, as ${task} has intervals alone,`, "coverage", coverage);
  if (sets !== undefined && (coverage === undefined || !has("sets")))
    throw expected("no value without sets of predictions, which coverage asks for,", "sets", sets);
}
