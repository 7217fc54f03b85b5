import { argmax } from "../arrays.js";
import { LibbertError } from "../errors.js";
import { CALIBRATION_BINS, calibration } from "../metrics/calibration.js";
import { abstentionFor } from "./abstention.js";
import { intervalFor } from "./interval.js";
import type { ModelCalibration } from "./model-calibration.js";
import type { CalibrationChoices } from "./options.js";
import { predictionSetsFor } from "./prediction-sets.js";
import { logProbabilitiesOf, probabilitiesOf, type ScoredRow } from "./scored-row.js";
import { bestTemperature } from "./temperature.js";

/**
 * How far a model's choices among labels can be believed.
 *
 * Sets are made of probabilities as the model gives them: a temperature of the same rows would void what they promise.
 *
 * @throws LibbertError ERR_DATA where no threshold gives the wanted precision, or there are too few rows for the wanted coverage
 */
export function calibrateChoices(
  rows: readonly ScoredRow[],
  { precision, coverage, sets }: CalibrationChoices = {},
): ModelCalibration {
  const temperature = bestTemperature(rows) ?? 1;
  const [before, after] = [confidencesOf(rows, 1), confidencesOf(rows, temperature)];
  const calibrated: ModelCalibration = {
    decisions: rows.length,
    temperature,
    loss: { before: before.loss, after: after.loss },
    expectedCalibrationError: { before: errorOf(before), after: errorOf(after) },
  };
  if (precision !== undefined) {
    const abstention = abstentionFor(precision, after.confidences, after.isRight);
    if (abstention === null) throw noSuchPrecision(precision, rows.length);
    calibrated.abstention = abstention;
  }
  if (coverage !== undefined) {
    const raw = rows.map(({ logits }) => probabilitiesOf(logits));
    const right = rows.map((row) => row.right);
    calibrated.predictionSets = predictionSetsFor({ method: sets ?? "lac", coverage }, raw, right);
  }
  return calibrated;
}

/** Between what a model's numbers can be believed. @throws LibbertError ERR_DATA for too few rows */
export function calibrateNumbers(
  predicted: ArrayLike<number>,
  right: readonly number[],
  coverage: number,
): ModelCalibration {
  return { decisions: right.length, interval: intervalFor(coverage, predicted, right) };
}

/** What is predicted with which probability, whether it is right, and the mean cross entropy of what is right. */
function confidencesOf(rows: readonly ScoredRow[], temperature: number) {
  const confidences = new Float64Array(rows.length);
  const isRight: boolean[] = [];
  let loss = 0;
  for (const [row, { logits, right }] of rows.entries()) {
    const logProbabilities = logProbabilitiesOf(logits, temperature);
    const best = argmax(logits);
    confidences[row] = Math.exp(logProbabilities[best]!);
    isRight.push(best === right);
    loss -= logProbabilities[right]!;
  }
  return { confidences, isRight, loss: loss / rows.length };
}

function errorOf({ confidences, isRight }: ReturnType<typeof confidencesOf>): number {
  return calibration(confidences, isRight, CALIBRATION_BINS).expectedCalibrationError;
}

function noSuchPrecision(precision: number, rows: number): LibbertError {
  return new LibbertError(
    "ERR_DATA",
    `Expected rows of whose most certain predictions a share of ${precision} is right, for precision, but of these ${rows} no threshold leaves such`,
    { option: "precision" },
  );
}
