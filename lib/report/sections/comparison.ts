import { type Section, table } from "../elements.js";
import type { Content } from "../html.js";
import { dataOf, durationText } from "../numbers.js";
import type { TrainingRun } from "../read/training-run.js";
import { curvesOf, evaluationsSideBySide, updatesSideBySide } from "../side-by-side.js";
import { differingOptions } from "./configuration.js";
import { changes, figureIn, figureNames } from "./evaluations.js";

/** A run under the name by which it is told from the others. */
export interface NamedRun {
  name: string;
  run: TrainingRun;
}

/** What the runs came to, one beside the other. */
export function figuresSection(named: readonly NamedRun[]): Section {
  const figures = new Set(named.flatMap(({ run }) => Object.keys(run.metrics ?? {})));
  const isFigure = (name: string) => named.some(({ run }) => typeof run.metrics?.[name] === "number");
  const rows: Content[][] = [
    ["kind", ...named.map(({ run: { how, task } }) => (task === null ? how : `${how}: ${task}`))],
    ...[...figures]
      .filter(isFigure)
      .map((name) => [name, ...named.map(({ run }) => dataOf(run.metrics?.[name] as number | undefined))]),
    [
      "training loss",
      ...named.map(({ run }) => dataOf(run.result?.trainLoss ?? run.course.updates.at(-1)?.loss)),
    ],
    ["updates", ...named.map(({ run }) => dataOf(run.course.updates.at(-1)?.step))],
    ["tokens per second", ...named.map(({ run }) => tokensPerSecond(run))],
    ["took", ...named.map(({ run: { result } }) => (result ? durationText(result.seconds) : "–"))],
  ];
  return {
    id: "figures",
    title: "Figures",
    content: table({
      caption: "The figures of each run's last or kept weights",
      head: ["figure", ...named.map(({ name }) => name)],
      rows,
    }),
  };
}

function tokensPerSecond({ result, course }: TrainingRun): Content {
  const value = result?.tokensPerSecond ?? course.updates.at(-1)?.tokensPerSecond;
  return dataOf(value);
}

/** The courses of the runs, one beside the other. */
export function curvesSection(named: readonly NamedRun[]): Section | null {
  const courses = named.map(({ name, run }) => ({ name, courses: [run.course] }));
  const evaluations = named.flatMap(({ run }) => run.course.evaluations);
  const figures = figureNames(evaluations).filter((name) => changes(evaluations, name));
  return curvesOf([
    updatesSideBySide("runs-loss", "Loss", courses, ({ loss }) => loss),
    updatesSideBySide("runs-rate", "Learning rate", courses, ({ learningRate }) => learningRate),
    ...figures.map((name, index) =>
      evaluationsSideBySide(`runs-evaluation-${index}`, name, courses, (evaluated) =>
        figureIn(evaluated, name),
      ),
    ),
  ]);
}

/** Options that are not the same in all runs. */
export function differencesSection(named: readonly NamedRun[]): Section | null {
  const known = named.flatMap(({ name, run }) => (run.origin ? [{ name, options: run.origin.options }] : []));
  if (known.length < 2) return null;
  return { id: "options", title: "Options", content: differingOptions(known) };
}
