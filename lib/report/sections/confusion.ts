import { sumOf } from "../../arrays.js";
import { type Section, table } from "../elements.js";
import { type Html, html } from "../html.js";
import { dataOf } from "../numbers.js";
import type { EvaluationReport } from "../read/evaluation-report.js";

/** Labels whose matrix a page has room for. */
const MOST_LABELS = 40;
/** Confusions that are listed where there is no room for the matrix. */
const MOST_PAIRS = 50;
/** Shades of a cell, from none of its row to all of it. */
const SHADES = 10;

/** Which labels are taken for which. */
export function confusionSection({ labels, confusionMatrix: matrix }: EvaluationReport): Section | null {
  if (labels === undefined || matrix === undefined) return null;
  const names = labels.map(({ label }) => label);
  const isSmall = names.length <= MOST_LABELS;
  return {
    id: "confusion",
    title: "Confusion matrix",
    content: isSmall ? matrixTable(matrix, names) : pairTable(matrix, names),
  };
}

function matrixTable(matrix: readonly (readonly number[])[], names: readonly string[]): Html {
  return html`<div class="scroll" tabindex="0"><table class="matrix">
<caption>Validation rows by true label (down) and predicted label (across); the darker a cell, the more of its row</caption>
<thead><tr><th scope="col" class="text">true \\ predicted</th>${names.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>
${matrix.map((row, label) => html`<tr><th scope="row" class="text">${names[label]}</th>${row.map((count, predicted) => matrixCell(count, row, label === predicted))}</tr>\n`)}</tbody>
</table></div>`;
}

function matrixCell(count: number, row: readonly number[], isRight: boolean): Html {
  const all = sumOf(row);
  const shade = all === 0 ? 0 : Math.round((SHADES * count) / all);
  return html`<td class="shade-${shade}${isRight && " right"}">${dataOf(count)}</td>`;
}

function pairTable(matrix: readonly (readonly number[])[], names: readonly string[]): Html {
  const pairs = matrix.flatMap((row, label) =>
    row.flatMap((count, predicted) =>
      count > 0 && label !== predicted ? [{ label, predicted, count }] : [],
    ),
  );
  const most = pairs.sort((a, b) => b.count - a.count).slice(0, MOST_PAIRS);
  return table({
    caption: `The most frequent confusions of ${names.length} labels: ${most.length} of ${pairs.length}`,
    head: ["true label", "predicted label", "rows"],
    rows: most.map(({ label, predicted, count }) => [names[label], names[predicted], dataOf(count)]),
    textColumns: [0, 1],
  });
}
