import { STSB_RANGE } from "./recipes.js";

/** The first line of a file of predictions in GLUE's form. */
export const SUBMISSION_HEADER = "index\tprediction\n";

/**
 * One line of a file of predictions in GLUE's form.
 *
 * @param index the row's number in the test set, from 0
 * @param prediction a label, or a score, which is brought into the range of the task
 */
export function submissionLine(index: number, prediction: string | number): string {
  const { lowest, highest } = STSB_RANGE;
  const value =
    typeof prediction === "number" ? Math.min(Math.max(prediction, lowest), highest).toFixed(3) : prediction;
  return `${index}\t${value}\n`;
}
