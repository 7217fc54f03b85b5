import type { EntityMistake, TokenClassificationReport } from "../tasks/token-classification/prediction.js";
import { alignedColumns, figure } from "./figures.js";

/** Scores of each type of entities, and the worst mistakes. */
export function entityReport({ types, worstMistakes }: TokenClassificationReport): string {
  const mistakes = worstMistakes.map(mistakeLines);
  return [typeTable(types), ...(mistakes.length > 0 ? ["", "worst mistakes"] : []), ...mistakes].join("\n");
}

function typeTable(types: TokenClassificationReport["types"]): string {
  const rows = Object.entries(types).map(([type, { precision, recall, f1, support }]) => [
    type,
    ...[precision, recall, f1, support].map(figure),
  ]);
  return alignedColumns([["type", "precision", "recall", "f1", "support"], ...rows]);
}

function mistakeLines({ place, text, expected, predicted }: EntityMistake): string {
  const shown = (entities: EntityMistake["expected"]) =>
    entities.map(({ label, text }) => `${label} ${JSON.stringify(text)}`).join(", ") || "none";
  return `${place}: ${text}\n  expected: ${shown(expected)}\n  found: ${shown(predicted)}`;
}
