import { doubtLines } from "../../calibration/report-text.js";
import type { CalibrationBin } from "../../metrics/calibration.js";
import type { ConfusionMatrix } from "../../metrics/classification.js";
import { alignedColumns, figure } from "../../text-format.js";
import { labelTable, mistakeLines } from "../texts/report-text.js";
import type { ClassificationReport } from "./prediction.js";

/** A matrix of more classes than this fits on no terminal. */
const MATRIX_LIMIT = 12;

/** A report for people to read. */
export function reportText(report: object): string {
  const { labels, confusionMatrix, calibration, worstMistakes, ...doubt } = report as ClassificationReport;
  const names = labels.map(({ label }) => label);
  const error = figure(calibration.expectedCalibrationError);
  return [
    labelTable(labels),
    ...(labels.length <= MATRIX_LIMIT ? [matrixTable(confusionMatrix, names)] : []),
    `expected calibration error  ${error}\n${binTable(calibration.bins)}`,
    ...doubtLines(doubt),
    ...mistakeLines(worstMistakes, (label) => label),
  ].join("\n\n");
}

function matrixTable(matrix: ConfusionMatrix, names: readonly string[]): string {
  return alignedColumns([
    ["true \\ predicted", ...names],
    ...matrix.map((row, label) => [names[label]!, ...row.map(String)]),
  ]);
}

/** Bins without rows say nothing. */
function binTable(bins: readonly CalibrationBin[]): string {
  return alignedColumns([
    ["confidence", "mean", "accuracy", "rows"],
    ...bins
      .filter(({ count }) => count > 0)
      .map(({ from, to, confidence, accuracy, count }) => [
        `${from.toFixed(2)}-${to.toFixed(2)}`,
        figure(confidence!),
        figure(accuracy!),
        String(count),
      ]),
  ]);
}
