import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { type ModelCalibration, modelCalibrationSchema } from "../calibration/model-calibration.js";
import { LibbertError } from "../errors.js";
import { CALIBRATION } from "../files/model-files.js";
import { type OutputDirectory, openOutputDirectory } from "../files/output-directory.js";
import { readModelText } from "../files/regular-file.js";
import { openSealedJson, sealedJson } from "../files/sealed-json.js";
import { weightHashes } from "./weight-hashes.js";

const VERSION = 1;

/** A calibration, and what it is of. */
export interface CalibrationOfTask {
  /** What the model is for when it is calibrated. */
  task: string;
  calibration: ModelCalibration;
}

const schema = z.strictObject({
  version: z.int(),
  task: z.string(),
  weights: z.record(z.string(), z.string()),
  calibration: modelCalibrationSchema,
});

/** @param weightsIn the folder with the weights that it is of. Default: the same */
export async function writeCalibration(
  directory: string,
  { task, calibration }: CalibrationOfTask,
  weightsIn = directory,
): Promise<void> {
  const weights = await weightHashes(weightsIn);
  writeFileSync(join(directory, CALIBRATION), sealedJson({ version: VERSION, task, weights, calibration }));
}

/** Writes it into a model's folder, where all else stays. @throws LibbertError ERR_OPTION where it cannot be written to */
export async function addCalibration(folder: string, of: CalibrationOfTask): Promise<void> {
  using output: OutputDirectory = await openOutputDirectory(folder, {
    overwrite: true,
    option: "model",
    purpose: "save",
  });
  await output.change("the calibration", { write: (staging) => writeCalibration(staging, of, folder) });
}

/**
 * What a model's folder says of how far its predictions can be believed; null where it says nothing.
 *
 * @param weightFiles names of the files with its weights. Default: those that count in the directory
 * @throws LibbertError ERR_CHECKPOINT where the file is damaged, of a later version, or of other weights than those
 */
export async function readCalibration(
  directory: string,
  weightFiles?: readonly string[],
): Promise<CalibrationOfTask | null> {
  const path = join(directory, CALIBRATION);
  const text = readModelText(path);
  if (text === undefined) return null;
  const { version, weights, ...of } = parsed(text, path);
  if (version !== VERSION) throw refused(path, `is of version ${version}, which this libbert does not know`);
  const own = await weightHashes(directory, weightFiles);
  if (!isDeepStrictEqual(own, weights)) throw refused(path, `is of other weights than ${Object.keys(own)}`);
  return of;
}

function parsed(text: string, path: string): z.output<typeof schema> {
  try {
    return schema.parse(openSealedJson(text));
  } catch {
    throw refused(path, "is damaged");
  }
}

function refused(path: string, why: string): LibbertError {
  const cure = "calibrate the model again (libbert calibrate), or remove the file";
  return new LibbertError("ERR_CHECKPOINT", `${path} ${why}: ${cure}`);
}
