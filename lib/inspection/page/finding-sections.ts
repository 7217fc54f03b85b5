import { type Section, table, userText } from "../../report/elements.js";
import { type Content, html } from "../../report/html.js";
import { dataOf, percentOf } from "../../report/numbers.js";
import type { Finding } from "../report.js";

/** All that should be looked at, the worst first. */
export function findingsSection(findings: readonly Finding[]): Section {
  const rows = findings.map((finding) => [
    html`<a href="#${idOf(finding)}">${nameOf(finding)}</a>`,
    dataOf(finding.count),
    percentOf(finding.share),
  ]);
  const nothing = html`<p>Nothing was found that should be looked at.</p>`;
  return {
    id: "findings",
    title: "Findings",
    content:
      rows.length === 0
        ? nothing
        : table({ caption: "What was found, the worst first", head: ["finding", "rows", "share"], rows }),
  };
}

/** The rows that show one. */
export function findingSection(finding: Finding): Section | null {
  const { count, examples } = finding;
  if (examples.length === 0) return null;
  const isDetailed = examples.some(({ detail }) => detail !== "");
  const isCompared = examples.some(({ other }) => other !== undefined);
  const rows = examples.map(({ location, text, detail, other }): Content[] => [
    userText(location),
    userText(text),
    ...(isDetailed ? [userText(detail)] : []),
    ...(isCompared ? [other && html`<p>${userText(other.location)}</p><p>${userText(other.text)}</p>`] : []),
  ]);
  const head = ["row", "text", ...(isDetailed ? ["what it is"] : []), ...(isCompared ? ["beside"] : [])];
  return {
    id: idOf(finding),
    title: nameOf(finding),
    content: table({
      caption: count > rows.length ? `${rows.length} of ${count} rows` : "All of these rows",
      ...{ head, rows, textColumns: [...head.keys()] },
    }),
  };
}

/** Where the page tells of a finding. */
export function idOf({ kind, in: source }: Pick<Finding, "kind" | "in">): string {
  return `${source}-${kind}`;
}

function nameOf({ what, in: source }: Finding): string {
  return `${source}: ${what}`;
}
