import { figure } from "../text-format.js";
import type { DoubtFigures } from "./doubt.js";
import type { ModelCalibration } from "./model-calibration.js";

/** What stands in the place of a prediction that is not to be used. */
export const ABSTAINED = "(abstained)";

/** What thresholds and sets come to, for people to read; nothing of a model without. */
export function doubtLines({ abstention, predictionSets }: DoubtFigures): string[] {
  const lines: string[] = [];
  if (abstention) {
    const { used, share, precision } = abstention;
    const ofThem = precision === null ? "" : `, of which ${figure(precision)} is right`;
    lines.push(`predictions not abstained from  ${used} (${figure(share)} of all)${ofThem}`);
  }
  if (predictionSets) {
    const { coverage, meanSize, empty } = predictionSets;
    lines.push(
      `sets that hold what is right    ${figure(coverage)} of all; mean size ${figure(meanSize)}, ${empty} empty`,
    );
  }
  return lines.length > 0 ? [lines.join("\n")] : [];
}

/** The same of intervals. */
export function intervalLines(interval: { coverage: number } | undefined): string[] {
  return interval ? [`intervals that hold what is right  ${figure(interval.coverage)} of all`] : [];
}

/** What `calibrate()` found, for people to read. */
export function calibrationLines({ abstention, predictionSets, interval, ...figures }: ModelCalibration) {
  const rows: [string, string][] = [["decisions", String(figures.decisions)]];
  const { temperature, loss, expectedCalibrationError: error } = figures;
  if (temperature !== undefined) rows.push(["temperature", figure(temperature)]);
  if (loss) rows.push(["loss", `${figure(loss.before)}, calibrated ${figure(loss.after)}`]);
  if (error)
    rows.push(["expected calibration error", `${figure(error.before)}, calibrated ${figure(error.after)}`]);
  if (abstention) {
    const { threshold, used, share, right, precisionBetween } = abstention;
    const [low, high] = precisionBetween.map(figure);
    rows.push(
      ["abstains below", `a score of ${figure(threshold)}`],
      ["does not abstain", `from ${used} (${figure(share)} of all), of which ${right} are right`],
      ["their precision elsewhere", `${low} to ${high}, by so many rows (95%)`],
    );
  }
  if (predictionSets) {
    const { method, coverage, quantile, meanSize } = predictionSets;
    rows.push([
      "sets",
      `${method}, coverage ${coverage}: quantile ${figure(quantile)}, mean size ${figure(meanSize)}`,
    ]);
  }
  if (interval) rows.push(["intervals", `coverage ${interval.coverage}: ± ${figure(interval.halfWidth)}`]);
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, text]) => `${name.padEnd(width)}  ${text}`).join("\n");
}
