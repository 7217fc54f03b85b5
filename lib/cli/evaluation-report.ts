import type { CalibrationBin } from "../metrics/calibration.js";
import type { ClassScores, ConfusionMatrix } from "../metrics/classification.js";
import type { ClassificationReport } from "../tasks/classification/prediction.js";
import type { ModelKind } from "../tasks/fine-tuning/task-names.js";
import type { MultiLabelReport } from "../tasks/multi-label/prediction.js";
import type { RegressionReport } from "../tasks/regression/prediction.js";
import type { Mistake } from "../tasks/sequence/mistakes.js";
import type { EntityReport } from "../tasks/token-classification/prediction.js";
import { mentions, typeTable } from "./entity-report.js";
import { alignedColumns, figure } from "./figures.js";

/** A matrix of more classes than this fits on no terminal. */
const MATRIX_LIMIT = 12;
/** How many mistakes are shown; `--json` has more. */
const MISTAKES_SHOWN = 5;
/** Characters of a text that a line shows. */
const TEXT_WIDTH = 100;

const REPORTS: Partial<Record<ModelKind, (report: never) => string>> = {
  classification: textReport,
  "multi-label": textReport,
  regression: textReport,
  "token-classification": entityReport,
};

/** What lies behind the figures of an evaluation, for people to read. */
export function evaluationReport(task: ModelKind, report: object): string {
  return REPORTS[task]!(report as never);
}

function textReport(report: ClassificationReport | MultiLabelReport | RegressionReport): string {
  const parts: string[] = [];
  if ("labels" in report) parts.push(labelTable(report.labels));
  if ("confusionMatrix" in report) {
    const { confusionMatrix, labels, calibration } = report;
    if (labels.length <= MATRIX_LIMIT) parts.push(matrixTable(confusionMatrix, labels));
    const error = figure(calibration.expectedCalibrationError);
    parts.push(`expected calibration error  ${error}\n${binTable(calibration.bins)}`);
  }
  if (report.worstMistakes.length > 0) parts.push(mistakeLines(report.worstMistakes));
  return parts.join("\n\n");
}

function entityReport({ types, worstMistakes }: EntityReport): string {
  const inWords = worstMistakes.map((mistake) => ({
    ...mistake,
    expected: mentions(mistake.expected),
    predicted: mentions(mistake.predicted),
  }));
  return [typeTable(types), ...(inWords.length > 0 ? [mistakeLines(inWords)] : [])].join("\n\n");
}

function labelTable(labels: readonly ({ label: string; threshold?: number } & ClassScores)[]): string {
  const names = ["precision", "recall", "f1", "support"] as const;
  const columns = labels[0]!.threshold === undefined ? names : ([...names, "threshold"] as const);
  return alignedColumns([
    ["label", ...columns],
    ...labels.map((scores) => [scores.label, ...columns.map((name) => figure(scores[name]!))]),
  ]);
}

function matrixTable(matrix: ConfusionMatrix, labels: readonly { label: string }[]): string {
  const names = labels.map(({ label }) => label);
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

function mistakeLines(mistakes: readonly Mistake<string | string[] | number>[]): string {
  const lines = mistakes.slice(0, MISTAKES_SHOWN).map(({ place, expected, predicted, text, textPair }) => {
    const texts = [text, ...(textPair === undefined ? [] : [textPair])].map(inOneLine);
    return `${place}: expected ${answer(expected)}, predicted ${answer(predicted)}\n  ${texts.join("\n  ")}`;
  });
  return `worst mistakes\n${lines.join("\n")}`;
}

function answer(value: string | string[] | number): string {
  if (typeof value === "number") return figure(value);
  return Array.isArray(value) ? value.join("|") || "no label" : value;
}

function inOneLine(text: string): string {
  const line = text.replace(/\s+/g, " ");
  return line.length > TEXT_WIDTH ? `${line.slice(0, TEXT_WIDTH - 3)}...` : line;
}
