import type { Finding, FindingExample, Inspection, LabelCounts, RowsSummary } from "../inspection/report.js";
import { alignedColumns, asCell, counted, figure } from "../text-format.js";

/** How many labels, and how many examples of a finding, are shown; `--json` has more. */
const LABELS_SHOWN = 15;
const EXAMPLES_SHOWN = 3;
/** Characters of a text, and of a cell, that a line shows. */
const TEXT_WIDTH = 100;
const CELL_WIDTH = 40;

/** An inspection for people to read: what there is, then what should be looked at, the worst first. */
export function inspectionText({ data, against, findings }: Inspection): string {
  const parts = [sourceText("data", data)];
  if (against !== null) parts.push(sourceText("against", against));
  if (findings.length === 0) parts.push("Nothing was found that should be looked at.");
  else parts.push(findingTable(findings), ...findings.map(findingText));
  return parts.filter((part) => part !== "").join("\n\n");
}

function sourceText(name: Finding["in"], summary: RowsSummary): string {
  const { rows, columns, labels, scores } = summary;
  const parts = [`${name}: ${counted(rows, "row")}`];
  if (columns.length > 0) parts.push(columnTable(columns));
  if (labels !== null) parts.push(labelText(labels));
  if (scores !== null) {
    const { count, least, most, mean, deviation } = scores;
    parts.push(`${count} scores from ${least} to ${most}, mean ${figure(mean)} ± ${figure(deviation)}`);
  }
  if (rows > 0) parts.push(lengthText(summary));
  return parts.join("\n\n");
}

function columnTable(columns: RowsSummary["columns"]): string {
  const cells = columns.map(({ name, kinds, empty, distinct, examples }) => [
    clipped(name, CELL_WIDTH),
    Object.keys(kinds).join(", ") || "nothing",
    String(empty),
    distinct === null ? "> 10000" : String(distinct),
    clipped(examples[0] ?? "", CELL_WIDTH),
  ]);
  return alignedColumns([["column", "kinds", "empty", "distinct", "first value"], ...cells]);
}

function labelText({ what, distinct, counts }: LabelCounts): string {
  const rows = counts
    .slice(0, LABELS_SHOWN)
    .map(({ label, count, share }) => [clipped(label, CELL_WIDTH), String(count), percent(share)]);
  const table = alignedColumns([[what, "count", "share"], ...rows]);
  const more = distinct - rows.length;
  return more > 0 ? `${table}\nand ${more} more` : table;
}

function lengthText({ characters, tokens }: RowsSummary): string {
  const figures = [characters, ...(tokens === null ? [] : [tokens])].map((summary) => {
    const { unit, mean, median, p90, p95, p99, most } = summary;
    return [unit, mean.toFixed(1), ...[median, p90, p95, p99, most].map(String)];
  });
  const table = alignedColumns([["length", "mean", "median", "90 %", "95 %", "99 %", "most"], ...figures]);
  if (tokens === null) return table;
  const { maxSeqLength, over, longTexts, p99 } = tokens;
  const fate = longTexts === "cut" ? "would be cut" : "would have several windows";
  return `${table}\nwith maxSeqLength ${maxSeqLength}, ${counted(over, "row")} ${fate}; ${p99} takes 99 % of them whole`;
}

function findingTable(findings: readonly Finding[]): string {
  const rows = findings.map(({ what, in: source, count, share }) => [
    `${source}: ${what}`,
    String(count),
    percent(share),
  ]);
  return alignedColumns([["findings, the worst first", "rows", "share"], ...rows]);
}

function findingText({ what, in: source, count, examples }: Finding): string {
  const shown = examples.slice(0, EXAMPLES_SHOWN);
  if (shown.length === 0) return "";
  const more = count > shown.length ? `, of which the first ${shown.length}` : "";
  return [`${source}: ${what}: ${count}${more}`, ...shown.map(exampleText)].join("\n");
}

function exampleText({ location, text, detail, other }: FindingExample): string {
  const lines = [detail === "" ? `  ${location}` : `  ${location}: ${asCell(detail)}`];
  if (text !== "") lines.push(`    ${clipped(text, TEXT_WIDTH)}`);
  if (other) lines.push(`    ${other.location}: ${clipped(other.text, TEXT_WIDTH)}`);
  return lines.join("\n");
}

function clipped(text: string, width: number): string {
  const line = text.replace(/[\s\p{Cc}]+/gu, " ");
  return line.length > width ? `${line.slice(0, width - 3)}...` : line;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
