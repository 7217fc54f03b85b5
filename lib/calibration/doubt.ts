import { argmax } from "../arrays.js";
import { type AbstentionFigures, abstentionFigures } from "./abstention.js";
import type { ModelCalibration } from "./model-calibration.js";
import { type PredictionSetFigures, predictionSet, predictionSetFigures } from "./prediction-sets.js";
import { probabilitiesOf } from "./scored-row.js";

/** What a calibrated model says of a prediction beside the prediction itself. */
export interface Doubt {
  /** There where the score is below what the wanted precision needs: the prediction is not to be used. */
  abstained?: true;
  /** What may be right, by its index, the likeliest first. */
  predictionSet?: number[];
}

/** What that comes to on labelled rows. */
export interface DoubtFigures {
  /** Of a model that was calibrated with a precision: what is predicted and not abstained from. */
  abstention?: AbstentionFigures;
  /** Of a model that was calibrated with a coverage. */
  predictionSets?: PredictionSetFigures;
}

/** @param score of the prediction, calibrated */
export function doubtOf(
  { abstention, predictionSets }: ModelCalibration,
  logits: ArrayLike<number>,
  score: number,
): Doubt {
  return {
    ...(abstention && score < abstention.threshold && { abstained: true }),
    ...(predictionSets && { predictionSet: predictionSet(predictionSets, probabilitiesOf(logits)) }),
  };
}

/** @param scores of the predictions, one a row, calibrated */
export function doubtFigures(
  { abstention, predictionSets }: ModelCalibration,
  logits: readonly ArrayLike<number>[],
  right: readonly number[],
  scores: readonly number[],
): DoubtFigures {
  const isRight = logits.map((some, row) => argmax(some) === right[row]);
  const probabilities = () => logits.map((some) => probabilitiesOf(some));
  return {
    ...(abstention && { abstention: abstentionFigures(abstention, scores, isRight) }),
    ...(predictionSets && {
      predictionSets: predictionSetFigures(predictionSets, probabilities(), right),
    }),
  };
}
