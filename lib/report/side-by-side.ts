import { meanOf } from "../arrays.js";
import { type Chart, chart, courseText, type Point } from "./chart.js";
import { type FigureOf, meanIfAny, partsOf, valuesOf } from "./course-parts.js";
import { details, type Section, table } from "./elements.js";
import { type Html, html } from "./html.js";
import { curveFigure, shortFigure } from "./numbers.js";
import type { Course, Evaluated } from "./read/lines.js";

/** Courses that are compared: each of one run, or of several with the same settings, whose mean it is. */
export interface NamedCourses {
  name: string;
  courses: readonly Course[];
}

/** The rows of a table of several courses. */
const MOST_ROWS = 150;

/** A chart with a line for each name, and the table of its numbers. */
export interface SideBySide {
  chart: Chart;
  table: Html;
}

/** A section of those that there are, with the tables on demand; null without any. @param note what is to be said before */
export function curvesOf(all: readonly (SideBySide | null)[], note: Html | null = null): Section | null {
  const curves = all.filter((curve) => curve !== null);
  if (curves.length === 0) return null;
  return {
    id: "curves",
    title: "Curves",
    content: [
      note,
      html`<div class="charts">${curves.map((curve) => chart(curve.chart))}</div>`,
      details(
        "The numbers",
        curves.map((curve) => curve.table),
      ),
    ],
  };
}

/** A figure of the updates, as means over parts of equal length. @param id of the table */
export function updatesSideBySide(
  id: string,
  title: string,
  named: readonly NamedCourses[],
  figure: FigureOf,
): SideBySide | null {
  const last = lastStep(named, ({ updates }) => updates);
  const width = Math.max(1, Math.ceil(last / MOST_ROWS));
  const lines = named.map(({ courses }) =>
    averaged(
      courses.map(({ updates }) =>
        partsOf(updates, width).flatMap((part): Point[] => {
          const mean = meanIfAny(valuesOf(part, figure));
          return mean === null ? [] : [[Math.min(last, Math.ceil(part.step / width) * width), mean]];
        }),
      ),
    ),
  );
  const means = width === 1 ? "" : `, means over ${shortFigure(width)} updates`;
  return sideBySide(id, title, means, named, lines, "lowest");
}

/** A figure of the evaluations; of more than a table has room for, the last of each part. */
export function evaluationsSideBySide(
  id: string,
  title: string,
  named: readonly NamedCourses[],
  figure: (evaluated: Evaluated) => number | null,
): SideBySide | null {
  const steps = new Set(named.flatMap(({ courses }) => courses.flatMap(stepsOfEvaluations)));
  const last = lastStep(named, ({ evaluations }) => evaluations);
  const width = steps.size <= MOST_ROWS ? 1 : Math.ceil(last / MOST_ROWS);
  const lines = named.map(({ courses }) =>
    averaged(
      courses.map(({ evaluations }) =>
        evaluations.flatMap((evaluated): Point[] => {
          const value = figure(evaluated);
          return value === null ? [] : [[Math.min(last, Math.ceil(evaluated.step / width) * width), value]];
        }),
      ),
    ),
  );
  const lasts = width === 1 ? "" : `, the last in ${shortFigure(width)} updates`;
  return sideBySide(id, title, lasts, named, lines, "highest");
}

function stepsOfEvaluations({ evaluations }: Course): number[] {
  return evaluations.map(({ step }) => step);
}

function lastStep(
  named: readonly NamedCourses[],
  linesOf: (course: Course) => readonly { step: number }[],
): number {
  const steps = named.flatMap(({ courses }) => courses.map((course) => linesOf(course).at(-1)?.step ?? 0));
  return steps.reduce((last, step) => Math.max(last, step), 0);
}

/** The mean of several curves, where all of them have a number. */
function averaged(curves: readonly (readonly Point[])[]): Map<number, number> {
  const maps = curves.map((points) => new Map(points));
  const steps = [...(maps[0]?.keys() ?? [])].filter((step) => maps.every((map) => map.has(step)));
  return new Map(steps.map((step) => [step, meanOf(maps.map((map) => map.get(step)!))]));
}

function sideBySide(
  id: string,
  title: string,
  how: string,
  named: readonly NamedCourses[],
  lines: readonly ReadonlyMap<number, number>[],
  extreme: "lowest" | "highest",
): SideBySide | null {
  const steps = [...new Set(lines.flatMap((line) => [...line.keys()]))].sort((a, b) => a - b);
  if (steps.length < 2) return null;
  const rows = steps.map((step) => [step, ...lines.map((line) => curveFigure(line.get(step) ?? null))]);
  const names = named.map(({ name }) => name);
  const summary = named
    .map(({ name }, index) => `${name}: ${courseText([...lines[index]!], extreme)}`)
    .join("; ");
  return {
    chart: {
      title,
      table: id,
      lines: names.map((name, index) => ({ title: name, column: index + 1 })),
      summary,
    },
    table: table({ id, caption: `${title}${how}`, head: ["update", ...names], rows }),
  };
}
