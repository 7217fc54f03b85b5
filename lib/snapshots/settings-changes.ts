import { isDeepStrictEqual } from "node:util";
import { LibbertError } from "../errors.js";

/** What decides a run's result, by name, as JSON has it. */
export type DecidingSettings = Readonly<Record<string, unknown>>;

/** A setting that is another one than in the run to resume. */
export interface Change {
  /** Such as `learningRate`, or, in a run of several phases, `phases.1.learningRate`. */
  name: string;
  before: unknown;
  now: unknown;
}

export function changesBetween(before: DecidingSettings, now: DecidingSettings): Change[] {
  const names = new Set([...Object.keys(now), ...Object.keys(before)]);
  const changed = [...names].filter((name) => !isDeepStrictEqual(before[name], now[name]));
  return changed.map((name) => ({ name, before: before[name], now: now[name] }));
}

const SCHEDULE = /(^|\.)(learningRate|warmupRatio|schedule)$/;

export function isSchedule(name: string): boolean {
  return SCHEDULE.test(name);
}

/** The way on where only the schedule is another one. */
export const ALLOWED_BY_SCHEDULE = "changeSchedule: true allows it";

/** What belongs to all processes together, and the option that gives each its share. */
const SHARED = /(sequences|rows)PerUpdate$/;

/** The refusal of a setting that has to be as it was. @param wayOn what can be done about it, after a semicolon */
export function refusedChange({ name, before, now }: Change, wayOn?: string): LibbertError {
  const option = name.replace(SHARED, "batchSize");
  const [stored, asked] = [textOf(before), textOf(now)];
  const ofWhat = option === name ? "" : " over all processes";
  const end = wayOn === undefined ? "" : `; ${wayOn}`;
  return new LibbertError(
    "ERR_OPTION",
    `Expected ${stored}, as in the run to resume, for ${option} but received ${asked}${ofWhat}${end}`,
    { option },
  );
}

/** What is said of a setting that may be another one. */
export function noticeOfChange({ name, before, now }: Change, step: number): string {
  return `after step ${step}, ${name} is ${textOf(now)} instead of ${textOf(before)}`;
}

function textOf(value: unknown): string {
  return value === undefined ? "no value" : JSON.stringify(value);
}
