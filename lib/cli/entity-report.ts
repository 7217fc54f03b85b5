import type { EntityMention, EntityReport } from "../tasks/token-classification/prediction.js";
import { alignedColumns, figure } from "./figures.js";

/** Scores of each type of entities. */
export function typeTable(types: EntityReport["types"]): string {
  const names = ["precision", "recall", "f1", "support"] as const;
  return alignedColumns([
    ["type", ...names],
    ...types.map((scores) => [scores.label, ...names.map((name) => figure(scores[name]))]),
  ]);
}

/** Entities in one line: `person "Anna", place "New York"`. */
export function mentions(entities: readonly EntityMention[]): string {
  return entities.map(({ label, text }) => `${label} ${JSON.stringify(text)}`).join(", ") || "no entity";
}
