import { labelTable, mistakeLines } from "../texts/report-text.js";
import type { EntityMention, EntityReport } from "./prediction.js";

/** A report for people to read. */
export function reportText(report: object): string {
  const { types, worstMistakes } = report as EntityReport;
  return [labelTable(types, "type"), ...mistakeLines(worstMistakes, mentions)].join("\n\n");
}

/** Entities in one line: `person "Anna", place "New York"`. */
function mentions(entities: readonly EntityMention[]): string {
  return entities.map(({ label, text }) => `${label} ${JSON.stringify(text)}`).join(", ") || "no entity";
}
