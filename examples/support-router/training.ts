import { fineTune, type Logger, type ModelCalibration } from "../../lib/index.js";

export interface Training {
  /** A pre-trained BERT: a folder, or a name on the Hub. */
  model: string;
  /** Files with labelled messages. */
  train: string[];
  /** A file with others, by which the router learns how far it can be believed. */
  calibration: string;
  /** Of the messages that the router labels itself, this share is to be right. */
  precision: number;
  epochs: number;
  learningRate: number;
  /** Where the router is saved. */
  folder: string;
}

/**
 * Trains a router, calibrates it, and saves it in the place of the one before. Weights and calibration come into the folder in one
 * change, so that no service ever loads a router that is sure of everything.
 *
 * @throws LibbertError ERR_DATA where no threshold gives the precision; the folder stays as it was
 */
export async function trainRouter(
  { calibration, precision, folder, ...training }: Training,
  { logger, signal }: { logger: Logger; signal?: AbortSignal },
): Promise<ModelCalibration> {
  await using router = await fineTune({
    ...{ task: "classification", ...training, logger, signal },
    ...{ batchSize: 16, seed: 1 },
  });
  const calibrated = await router.calibrate(calibration, { precision, signal });
  await router.save(folder, { overwrite: true });
  return calibrated;
}
