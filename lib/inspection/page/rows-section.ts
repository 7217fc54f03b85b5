import { facts, type Section, table, userText } from "../../report/elements.js";
import { type Content, html } from "../../report/html.js";
import { dataOf, percentOf } from "../../report/numbers.js";
import type { Finding, LabelCounts, RowsSummary } from "../report.js";

/** What some rows hold, whatever is wrong with them. */
export function rowsSection(source: Finding["in"], summary: RowsSummary): Section {
  const { rows, columns, labels, scores } = summary;
  const content: Content[] = [
    facts([
      ["Rows", dataOf(rows)],
      ...(scores === null
        ? []
        : ([
            ["Scores from", dataOf(scores.least)],
            ["to", dataOf(scores.most)],
            ["Mean", html`${dataOf(scores.mean)} ± ${dataOf(scores.deviation)}`],
          ] as const)),
    ]),
    columns.length > 0 && columnTable(columns),
    labels !== null && labelTable(labels),
    rows > 0 && lengthTable(summary),
  ];
  return { id: source, title: source === "data" ? "Rows" : "Rows beside them", content };
}

function columnTable(columns: RowsSummary["columns"]): Content {
  const rows = columns.map(({ name, kinds, empty, distinct, examples }) => [
    userText(name),
    Object.keys(kinds).join(", ") || "nothing",
    dataOf(empty),
    distinct === null ? "more than 10,000" : dataOf(distinct),
    userText(examples[0] ?? ""),
  ]);
  const head = ["column", "holds", "empty", "different", "first value"];
  return table({ caption: "Columns", head, rows, textColumns: [0, 1, 4] });
}

function labelTable({ what, distinct, counts }: LabelCounts): Content {
  const rows = counts.map(({ label, count, share }) => [userText(label), dataOf(count), percentOf(share)]);
  const some = rows.length < distinct ? `: the ${rows.length} most frequent of ${distinct}` : "";
  return table({ caption: `How often ${what} come${some}`, head: [what, "count", "share"], rows });
}

function lengthTable({ characters, tokens }: RowsSummary): Content {
  const rows = [characters, ...(tokens === null ? [] : [tokens])].map((lengths) => [
    lengths.unit,
    ...[lengths.mean, lengths.median, lengths.p90, lengths.p95, lengths.p99, lengths.most].map(dataOf),
  ]);
  return [
    table({
      caption: "Lengths: so many percent of the rows are no longer",
      head: ["in", "mean", "50 %", "90 %", "95 %", "99 %", "100 %"],
      rows,
    }),
    tokens !== null && html`<p>${cutText(tokens)}</p>`,
  ];
}

function cutText({ maxSeqLength, over, longTexts }: NonNullable<RowsSummary["tokens"]>): Content {
  const fate = longTexts === "cut" ? "are cut" : "have several windows";
  return html`With maxSeqLength ${maxSeqLength}, ${dataOf(over)} rows ${fate}.`;
}
