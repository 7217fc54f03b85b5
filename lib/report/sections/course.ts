import { type Chart, chart, courseText, type Point } from "../chart.js";
import { type FigureOf, meanIfAny, type Part, partsOf, valuesOf, widthOfParts } from "../course-parts.js";
import { details, type Section, table } from "../elements.js";
import { type Content, html } from "../html.js";
import { curveFigure, gibibytes, shortFigure } from "../numbers.js";
import type { Update } from "../read/lines.js";
import type { TrainingRun } from "../read/training-run.js";

interface Column {
  title: string;
  of(part: Part): number | null;
}

/** A chart, and the columns that it needs. */
interface Curve {
  title: string;
  extreme: "lowest" | "highest";
  /** The first is what is told in words. */
  lines: readonly { title: string; figure: FigureOf }[];
  /** Whether the lowest and the highest number of a part are shown, too, where a part has several. */
  hasRange?: boolean;
}

const CURVES: readonly Curve[] = [
  {
    title: "Loss",
    extreme: "lowest",
    lines: [
      { title: "loss", figure: ({ loss }) => loss },
      {
        title: "masked words",
        figure: ({ mlmLoss, nspLoss }) => (typeof nspLoss === "number" ? mlmLoss : null),
      },
      { title: "next sentence", figure: ({ nspLoss }) => nspLoss },
    ],
    hasRange: true,
  },
  {
    title: "Gradient norm",
    extreme: "highest",
    lines: [{ title: "gradient norm", figure: ({ gradientNorm }) => gradientNorm }],
    hasRange: true,
  },
  {
    title: "Learning rate",
    extreme: "highest",
    lines: [{ title: "learning rate", figure: ({ learningRate }) => learningRate }],
  },
  {
    title: "Tokens per second",
    extreme: "highest",
    lines: [{ title: "tokens per second", figure: ({ tokensPerSecond }) => tokensPerSecond }],
  },
  {
    title: "Memory (GiB)",
    extreme: "highest",
    lines: [
      { title: "process", figure: ({ residentMemory }) => inGibibytes(residentMemory) },
      { title: "GPU: in tensors", figure: ({ memory }) => inGibibytes(memory?.allocated) },
      { title: "GPU: taken", figure: ({ memory }) => inGibibytes(memory?.reserved) },
    ],
  },
];

const TABLE = "course-table";

/** Loss, gradient norm, rate, speed and memory over the updates. */
export function courseSection({ course: { updates }, how, damaged }: TrainingRun): Section | null {
  if (updates.length === 0) return null;
  const width = widthOfParts(updates);
  const parts = partsOf(updates, width);
  const hasPhases = new Set(parts.map(({ phase }) => phase)).size > 1;
  const columns: Column[] = hasPhases ? [{ title: "phase", of: ({ phase }) => phase ?? null }] : [];
  const charts = CURVES.flatMap((curve) => chartOf(curve, columns, parts, width > 1));
  const caption = captionOf(updates, parts, width, how);
  const rows = parts.map((part) => [part.step, ...columns.map((column) => curveFigure(column.of(part)))]);
  const head = ["update", ...columns.map(({ title }) => title)];
  return {
    id: "course",
    title: "Course of the training",
    content: [
      html`<div class="charts">${charts.map(chart)}</div>`,
      html`<p>${caption}</p>`,
      damaged > 0 && html`<p class="warning">Lines of the log that are damaged, and left out: ${damaged}</p>`,
      details("The numbers", table({ id: TABLE, caption: "Course of the training", head, rows })),
    ],
  };
}

/** Adds the curve's columns to those of the table; none where there are no numbers for it. */
function chartOf(curve: Curve, columns: Column[], parts: readonly Part[], isThinned: boolean): Chart[] {
  const add = (column: Column) => columns.push(column); // behind the column of the updates
  const lines = curve.lines.filter(({ figure }) => parts.some((part) => valuesOf(part, figure).length > 0));
  if (lines.length === 0) return [];
  const [main] = lines as [(typeof lines)[number]];
  const drawn = lines.map(({ title, figure }) => ({
    title,
    column: add({ title, of: (part) => meanIfAny(valuesOf(part, figure)) }),
  }));
  const extremeOf = (choose: (...values: number[]) => number) => (part: Part) => {
    const values = valuesOf(part, main.figure);
    return values.length === 0 ? null : choose(...values);
  };
  const band =
    curve.hasRange && isThinned
      ? ([
          add({ title: `${main.title}, lowest`, of: extremeOf(Math.min) }),
          add({ title: `${main.title}, highest`, of: extremeOf(Math.max) }),
        ] as const)
      : undefined;
  const points = parts.flatMap((part): Point[] => {
    const mean = meanIfAny(valuesOf(part, main.figure));
    return mean === null ? [] : [[part.step, mean]];
  });
  const summary = courseText(points, curve.extreme);
  return [{ title: curve.title, table: TABLE, lines: drawn, band, summary }];
}

function captionOf(
  updates: readonly Update[],
  parts: readonly Part[],
  width: number,
  how: TrainingRun["how"],
): Content {
  const source =
    how === "Fine-tuning" ? "Each update" : "Each line of the log, which has means over its updates,";
  const thinned =
    width === 1
      ? `${source} is a point.`
      : `${shortFigure(updates.length)} ${how === "Fine-tuning" ? "updates" : "lines of the log"} are shown as ` +
        `${shortFigure(parts.length)} parts of at most ${shortFigure(width)} updates: a line is a part's mean, the area goes from ` +
        "its lowest to its highest number.";
  const speed =
    how === "Fine-tuning" && updates.some(({ tokensPerSecond }) => typeof tokensPerSecond === "number")
      ? " Tokens per second are a mean since the training began, evaluations excepted."
      : "";
  return thinned + speed;
}

function inGibibytes(bytes: number | null | undefined): number | null {
  return typeof bytes === "number" ? gibibytes(bytes) : null;
}
