import { type ClassScores, scoresOfClass } from "../../metrics/classification.js";
import type { EntitySpan } from "./scheme.js";

/** Scores over all entities (micro average) and over those of each type. */
export interface EntityScoreReport extends ClassScores {
  /** Types that are there or predicted, sorted. */
  types: Record<string, ClassScores>;
}

/** What is counted of one type of entities. */
interface EntityCounts {
  expected: number;
  predicted: number;
  /** Entities of the same type, first and last word. */
  common: number;
}

/**
 * Entity-level precision, recall and F1 as seqeval computes them: an entity counts as found where type, first and
 * last word are right.
 *
 * @param expected the entities of each sentence
 * @param predicted the entities found in each sentence, in the same order
 */
export function entityReport(
  expected: readonly (readonly EntitySpan[])[],
  predicted: readonly (readonly EntitySpan[])[],
): EntityScoreReport {
  const counts = new Map<string, EntityCounts>();
  const countOf = (type: string) => {
    if (!counts.has(type)) counts.set(type, { expected: 0, predicted: 0, common: 0 });
    return counts.get(type)!;
  };
  for (const [sentence, entities] of expected.entries()) {
    const keys = new Set(entities.map(keyOf));
    for (const { type } of entities) countOf(type).expected++;
    for (const entity of predicted[sentence]!) {
      const count = countOf(entity.type);
      count.predicted++;
      if (keys.has(keyOf(entity))) count.common++;
    }
  }
  const types = [...counts.keys()].sort();
  return {
    ...scoresOf(sum([...counts.values()])),
    types: Object.fromEntries(types.map((type) => [type, scoresOf(counts.get(type)!)])),
  };
}

function keyOf({ type, start, end }: EntitySpan): string {
  return `${start} ${end} ${type}`;
}

function sum(all: readonly EntityCounts[]): EntityCounts {
  const total = { expected: 0, predicted: 0, common: 0 };
  for (const { expected, predicted, common } of all) {
    total.expected += expected;
    total.predicted += predicted;
    total.common += common;
  }
  return total;
}

function scoresOf({ expected, predicted, common }: EntityCounts): ClassScores {
  return scoresOfClass(common, predicted, expected);
}
