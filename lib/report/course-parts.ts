import { groupsOf, meanOf } from "../arrays.js";
import type { Update } from "./read/lines.js";

/** Updates of a course that stand in one row of a table, and at one point of a chart. */
export interface Part {
  /** The last update. */
  step: number;
  phase: number | undefined;
  updates: readonly Update[];
}

/** The rows that a table has at most, but for one more in each phase. */
const MOST_PARTS = 250;

/** Updates in a part: as few as give no more parts than a page has room for. */
export function widthOfParts(updates: readonly Update[], most = MOST_PARTS): number {
  return updates.length <= most ? 1 : Math.ceil(updates.at(-1)!.step / most);
}

/** The course cut into parts of equal numbers of updates, none of which is of two phases. */
export function partsOf(updates: readonly Update[], width: number): Part[] {
  const parts = groupsOf(updates, ({ step, phase }) => `${Math.ceil(step / width)} ${phase}`);
  return parts.map((some) => ({
    step: some.at(-1)!.step,
    phase: some[0]!.phase,
    updates: some,
  }));
}

/** A figure of an update; null where it has none. */
export type FigureOf = (update: Update) => number | null | undefined;

/** Numbers of a part, those that are there. */
export function valuesOf({ updates }: Part, figure: FigureOf): number[] {
  return updates.map(figure).filter((value) => typeof value === "number");
}

export function meanIfAny(values: readonly number[]): number | null {
  return values.length === 0 ? null : meanOf(values);
}
