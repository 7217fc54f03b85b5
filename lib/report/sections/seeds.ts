import { chart } from "../chart.js";
import { details, type Section, table } from "../elements.js";
import { type Content, html } from "../html.js";
import { dataOf } from "../numbers.js";
import type { TrainingRun } from "../read/training-run.js";
import { evaluationsSideBySide, type NamedCourses, updatesSideBySide } from "../side-by-side.js";
import { figureIn } from "./evaluations.js";

/** What several seeds came to, and their courses beside each other. */
export function seedsSection(run: TrainingRun): Section | null {
  const tuned = run.result;
  const named = [...run.courses].flatMap(([seed, course]): NamedCourses[] =>
    seed === null ? [] : [{ name: `seed ${seed}`, courses: [course] }],
  );
  const metric = tuned?.metric;
  const curves = [
    updatesSideBySide("seeds-loss", "Loss by seed", named, ({ loss }) => loss),
    metric === undefined
      ? null
      : evaluationsSideBySide("seeds-metric", `${metric} by seed`, named, (evaluated) =>
          figureIn(evaluated, metric),
        ),
  ].filter((curve) => curve !== null);
  if (tuned?.seeds === undefined && named.length < 2) return null;
  return {
    id: "seeds",
    title: "Seeds",
    content: [
      tuned?.seeds && seedTable(tuned.seeds, tuned.seed),
      named.length > 1 && html`<div class="charts">${curves.map((curve) => chart(curve.chart))}</div>`,
      named.length > 1 &&
        curves.length > 0 &&
        details(
          "The numbers",
          curves.map((curve) => curve.table),
        ),
    ],
  };
}

type Seeds = NonNullable<NonNullable<TrainingRun["result"]>["seeds"]>;

function seedTable({ runs, spread }: Seeds, kept: number): Content {
  const rows = Object.entries(spread).map(([name, { mean, deviation }]): Content[] => [
    name,
    ...runs.map(({ metrics }) => dataOf(metrics[name] as number | null)),
    dataOf(mean),
    deviation === null ? "–" : html`± ${dataOf(deviation)}`,
  ]);
  const seeds = runs.map(({ seed }) =>
    seed === kept ? html`seed ${seed} <small>(kept)</small>` : `seed ${seed}`,
  );
  return table({
    caption: "Each seed's figures on the validation rows, their mean and sample standard deviation",
    head: ["figure", ...seeds, "mean", "deviation"],
    rows,
  });
}
