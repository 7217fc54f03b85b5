import { type Section, table } from "../elements.js";
import { type Html, html } from "../html.js";
import { dataOf, shortFigure } from "../numbers.js";
import type { EvaluationReport, StoredCalibration } from "../read/evaluation-report.js";

/** Units of the diagram on either side; the margin takes its ticks. */
const SIDE = 100;
const MARGIN = 12;

type Bins = StoredCalibration["bins"];

/** Whether probabilities are what they say: the reliability diagram of Guo et al. (2017). */
export function calibrationSection({ calibration }: EvaluationReport): Section | null {
  if (calibration === undefined) return null;
  const { expectedCalibrationError: error, bins } = calibration;
  const filled = bins.filter(({ count }) => count > 0);
  const rows = filled.map(({ from, to, confidence, accuracy, count }) => [
    `${from.toFixed(2)}–${to.toFixed(2)}`,
    dataOf(confidence),
    dataOf(accuracy),
    dataOf(count),
  ]);
  return {
    id: "calibration",
    title: "Calibration",
    content: [
      html`<p>The expected calibration error is <strong>${dataOf(error)}</strong>: the distance, on average over the validation rows,
between the probability of a predicted label and the share of such predictions that are right.</p>`,
      html`<div class="beside">${diagram(bins)}${table({
        caption: "Validation rows by the probability of their predicted label",
        head: ["probability", "its mean", "share right", "rows"],
        rows,
      })}</div>`,
    ],
  };
}

/** A bar for each bin, up to the share that is right; on the dashed line it would be the probability itself. */
function diagram(bins: Bins): Html {
  const label = bins
    .filter(({ count }) => count > 0)
    .map(({ confidence, accuracy }) => `${shortFigure(confidence!)} said, ${shortFigure(accuracy!)} right`)
    .join("; ");
  const ticks = [0, 0.5, 1];
  return html`<figure class="diagram">
<figcaption>Reliability diagram: the share of right labels (up) by their probability (across)</figcaption>
<svg viewBox="${-MARGIN} ${-MARGIN / 2} ${SIDE + 1.5 * MARGIN} ${SIDE + 1.5 * MARGIN}" role="img" aria-label="${label}">
<rect class="frame" x="0" y="0" width="${SIDE}" height="${SIDE}"/>
${bins.map(bar)}
<line class="ideal" x1="0" y1="${SIDE}" x2="${SIDE}" y2="0"/>
${ticks.map((tick) => html`<text x="${tick * SIDE}" y="${SIDE + 7}" text-anchor="middle">${tick}</text><text x="-2" y="${(1 - tick) * SIDE + 2}" text-anchor="end">${tick}</text>`)}
</svg>
</figure>`;
}

function bar({ from, to, accuracy, count }: Bins[number]): Html | null {
  if (accuracy === null) return null;
  const [x, width, height] = [from * SIDE, (to - from) * SIDE, accuracy * SIDE].map((value) =>
    value.toFixed(2),
  );
  const y = (SIDE - accuracy * SIDE).toFixed(2);
  return html`<rect class="bar" x="${x}" y="${y}" width="${width}" height="${height}"><title>${count} rows</title></rect>`;
}
