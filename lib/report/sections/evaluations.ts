import { chart, courseText, type Point } from "../chart.js";
import { details, type Section, table } from "../elements.js";
import { html } from "../html.js";
import { curveFigure, dataOf } from "../numbers.js";
import type { Evaluated } from "../read/lines.js";
import type { TrainingRun } from "../read/training-run.js";

/** Rows that are drawn at most: of more evaluations, the last of each part. */
const MOST_ROWS = 250;
const TABLE = "evaluations-table";

/** The figures of every evaluation: those that change as curves. */
export function evaluationsSection({ course: { evaluations } }: TrainingRun): Section | null {
  if (evaluations.length === 0) return null;
  const shown = lastOfParts(evaluations);
  const names = figureNames(shown);
  const rows = shown.map((evaluated) => [
    evaluated.step,
    ...names.map((name) => curveFigure(figureIn(evaluated, name))),
  ]);
  const left = evaluations.length - shown.length;
  const numbers = table({ id: TABLE, caption: "Every evaluation", head: ["update", ...names], rows });
  return {
    id: "evaluations",
    title: "Evaluations",
    content: [
      html`<div class="charts">${names.filter((name) => changes(shown, name)).map((name) => chartOf(name, names, shown))}</div>`,
      left > 0 &&
        html`<p>Of ${evaluations.length} evaluations ${shown.length} are shown: the last of each part.</p>`,
      shown.length > 12 ? details("The numbers", numbers) : numbers,
    ],
  };
}

function chartOf(name: string, names: readonly string[], evaluations: readonly Evaluated[]) {
  const points = evaluations.flatMap((evaluated): Point[] => {
    const value = figureIn(evaluated, name);
    return value === null ? [] : [[evaluated.step, value]];
  });
  const isLoss = /loss|perplexity|error/i.test(name);
  const lines = [{ title: name, column: names.indexOf(name) + 1 }];
  return chart({
    title: name,
    table: TABLE,
    lines,
    summary: courseText(points, isLoss ? "lowest" : "highest"),
  });
}

/** The figures that evaluations have, in their order. */
export function figureNames(evaluations: readonly Evaluated[]): string[] {
  const names = evaluations.flatMap(({ metrics }) => Object.keys(metrics));
  return [...new Set(names)].filter((name) =>
    evaluations.some((evaluated) => figureIn(evaluated, name) !== null),
  );
}

export function figureIn({ metrics }: Evaluated, name: string): number | null {
  const value = metrics[name];
  return typeof value === "number" ? value : null;
}

/** Whether a figure is a curve: counts of rows are the same each time. */
export function changes(evaluations: readonly Evaluated[], name: string): boolean {
  return new Set(evaluations.map((evaluated) => figureIn(evaluated, name))).size > 1;
}

function lastOfParts(evaluations: readonly Evaluated[]): readonly Evaluated[] {
  const width = Math.ceil(evaluations.length / MOST_ROWS);
  return evaluations.filter((_, index) => (index + 1) % width === 0 || index === evaluations.length - 1);
}

/** Names and figures of one evaluation. */
export function figureRows(metrics: Record<string, unknown>) {
  const figures = Object.entries(metrics).filter(([, value]) => typeof value === "number" || value === null);
  return figures.map(([name, value]) => [name, dataOf(value as number | null)] as const);
}
