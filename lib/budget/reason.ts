import { counted } from "../text-format.js";

/** What a choice was made by. */
export interface Grounds {
  /** Of each training. */
  updates: number;
  trainings: number;
  /** Null where the budget is no time, and nothing was measured. */
  expectedSeconds: number | null;
  measured: MeasuredSeconds | null;
  /** What else there is to know, each a part of a sentence. */
  remarks: readonly string[];
}

interface MeasuredSeconds {
  /** Updates that were measured. */
  measured: number;
  update: number;
  evaluation: number;
  /** Of what came before. */
  setUp: number;
}

/** A choice's grounds in half a sentence. */
export function reasonOf({ updates, trainings, expectedSeconds, measured, remarks }: Grounds): string {
  const course = `${trainings === 1 ? "" : `${trainings} times `}${counted(updates, "update")}`;
  const time = expectedSeconds === null ? [] : [`${secondsText(expectedSeconds)} in all`];
  return [...(measured ? measuredTexts(measured) : []), [course, ...time].join(", "), ...remarks].join("; ");
}

function measuredTexts({ measured, update, evaluation, setUp }: MeasuredSeconds): string[] {
  const parts = [`an update takes ${secondsText(update)} (mean of ${measured})`];
  if (evaluation > 0) parts.push(`an evaluation ${secondsText(evaluation)}`);
  return [[...parts, `what came before took ${secondsText(setUp)}`].join(", ")];
}

/** `0.021 s`, `4.2 s`, `314 s`: two digits at least. */
export function secondsText(seconds: number): string {
  return `${seconds < 10 ? Number(seconds.toPrecision(2)) : Math.round(seconds)} s`;
}
