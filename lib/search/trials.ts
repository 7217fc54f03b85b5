import { folderName } from "../files/folder-name.js";
import type { Evaluation } from "../tasks/evaluation.js";
import { isBetter } from "../tasks/find-spec.js";
import type { Direction } from "../tasks/spec.js";
import { numberText } from "../text-format.js";

/** The values of one trial, by option. */
export type TrialSettings = Record<string, unknown>;

/** What a trial came to. */
export interface TrialResult {
  /** The combination of values that it tried. */
  settings: TrialSettings;
  /** Training rows; null for all. */
  limit: number | null;
  /** The figure that is searched by; null where the training diverged, or the figure is no number. */
  score: number | null;
  /** Null where the training diverged. */
  metrics: Evaluation | null;
  /** Updates made. */
  steps: number;
}

/** Of every rung but the last, this share goes on. */
const KEPT_SHARE = 1 / 3;

/** Every combination of the grid's values; the last option varies fastest. */
export function combinationsOf(grid: Record<string, readonly unknown[]>): TrialSettings[] {
  return Object.entries(grid).reduce<TrialSettings[]>(
    (all, [option, values]) =>
      all.flatMap((settings) => values.map((value) => ({ ...settings, [option]: value }))),
    [{}],
  );
}

/** Results, the best first, those without a score last; equal ones in the order in which they came. */
export function ranked(results: readonly TrialResult[], direction: Direction): TrialResult[] {
  const score = (result: TrialResult) => result.score ?? Number.NaN;
  return [...results].sort((a, b) => {
    if (isBetter(direction, score(a), score(b))) return -1;
    return isBetter(direction, score(b), score(a)) ? 1 : 0;
  });
}

/** The settings that go on to the next rung (Jamieson & Talwalkar, 2016): the best third, at least one. */
export function survivors(results: readonly TrialResult[], direction: Direction): TrialSettings[] {
  const kept = Math.max(1, Math.round(results.length * KEPT_SHARE));
  return ranked(results, direction)
    .slice(0, kept)
    .map(({ settings }) => settings);
}

/** `batchSize-16_learningRate-5e-5`: a name for a folder, and for a line of progress. */
export function nameOf(settings: TrialSettings, limit: number | null): string {
  const values = limit === null ? settings : { ...settings, rows: limit };
  const parts = Object.entries(values).map(([option, value]) => `${option}-${settingText(value)}`);
  return folderName(parts.join("_"));
}

/** A setting as people read it. */
export function settingText(value: unknown): string {
  if (typeof value === "number") return numberText(value);
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** The results as a Markdown table, the best of the largest rung first. */
export function trialTable(results: readonly TrialResult[], metric: string): string {
  const options = Object.keys(results[0]!.settings);
  const hasRungs = results.some(({ limit }) => limit !== null);
  const header = [...options, ...(hasRungs ? ["rows"] : []), metric, "updates"];
  const rows = results.map(({ settings, limit, score, steps }) => [
    ...options.map((option) => settingText(settings[option])),
    ...(hasRungs ? [limit === null ? "all" : String(limit)] : []),
    score?.toFixed(4) ?? "–",
    String(steps),
  ]);
  const lines = [header, header.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);
  return `${lines.join("\n")}\n`;
}
