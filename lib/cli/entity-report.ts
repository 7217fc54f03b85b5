import type {
  EntityMistake,
  TokenClassificationEvaluation,
} from "../tasks/token-classification/prediction.js";
import { figure } from "./figures.js";

/** Scores of each type of entities, and the worst mistakes; empty for evaluations of other tasks. */
export function entityReport(metrics: object | null): string {
  const { types, mistakes } = (metrics ?? {}) as Partial<TokenClassificationEvaluation>;
  if (types === undefined || mistakes === undefined) return "";
  return [
    typeTable(types),
    ...(mistakes.length > 0 ? ["", "Worst mistakes:"] : []),
    ...mistakes.map(mistakeLines),
  ].join("\n");
}

function typeTable(types: TokenClassificationEvaluation["types"]): string {
  const rows = Object.entries(types).map(([type, { precision, recall, f1, support }]) => [
    type,
    ...[precision, recall, f1, support].map(figure),
  ]);
  return alignedColumns([["type", "precision", "recall", "f1", "support"], ...rows]);
}

function alignedColumns(rows: string[][]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function mistakeLines({ place, text, expected, predicted }: EntityMistake): string {
  const shown = (entities: EntityMistake["expected"]) =>
    entities.map(({ label, text }) => `${label} ${JSON.stringify(text)}`).join(", ") || "none";
  return `${place}: ${text}\n  expected: ${shown(expected)}\n  found: ${shown(predicted)}`;
}
