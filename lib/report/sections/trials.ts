import { spread } from "../../metrics/spread.js";
import { facts, type Section, table } from "../elements.js";
import { type Content, html } from "../html.js";
import { dataOf } from "../numbers.js";
import type { SearchRun, StoredTrial } from "../read/results.js";
import { spreadText } from "../spread-text.js";
import { budgetText } from "./budget.js";
import { valueText } from "./configuration.js";

/** Trials that a page has room for. */
const MOST_TRIALS = 500;

/** The best settings, and what each trial came to. */
export function trialsSection({ metric, best, budget, trials }: SearchRun): Section | null {
  if (trials.length === 0) return null;
  const options = optionsOf(trials);
  const hasRungs = trials.some(({ limit }) => limit !== null);
  const further = Object.entries(best?.metrics ?? {}).flatMap(([name, value]) =>
    name !== metric && typeof value === "number" ? [name] : [],
  );
  const rows = trials
    .slice(0, MOST_TRIALS)
    .map((trial, index): Content[] => [
      index + 1,
      ...options.map((option) => valueText(trial.settings[option])),
      ...(hasRungs ? [trial.limit === null ? "all" : dataOf(trial.limit)] : []),
      trial.score === null ? "–" : dataOf(trial.score),
      ...further.map((name) => dataOf(trial.metrics?.[name] as number | undefined)),
      dataOf(trial.steps),
    ]);
  return {
    id: "trials",
    title: "Trials",
    content: [
      budgetText(budget),
      best &&
        facts([
          [`best ${metric}`, dataOf(best.score)],
          ...options.map((option) => [option, valueText(best.settings[option])] as const),
        ]),
      trials.length > MOST_TRIALS &&
        html`<p>The first ${MOST_TRIALS} of ${trials.length} trials are shown.</p>`,
      table({
        caption: `All trials, the best by ${metric} first; one that diverged has no figures`,
        head: ["", ...options, ...(hasRungs ? ["rows"] : []), metric, ...further, "updates"],
        rows,
      }),
    ],
  };
}

/** Those that differ between the trials. */
function optionsOf([first]: readonly StoredTrial[]): string[] {
  return Object.keys(first?.settings ?? {});
}

/** How each value of an option did, over the trials on all rows that have it. */
export function valuesSection({ metric, trials }: SearchRun): Section | null {
  const whole = trials.filter(({ limit, score }) => limit === null && score !== null);
  const rows = optionsOf(trials).flatMap((option) => {
    const byValue = new Map<string, StoredTrial[]>();
    for (const trial of whole) {
      const value = valueText(trial.settings[option]);
      byValue.set(value, [...(byValue.get(value) ?? []), trial]);
    }
    if (byValue.size < 2) return [];
    return [...byValue].map(([value, own]): Content[] => [
      html`<code>${option}</code>`,
      value,
      dataOf(own.length),
      spreadText(spread(own.map(({ score }) => score!))),
    ]);
  });
  if (rows.length === 0) return null;
  return {
    id: "values",
    title: "Values of each option",
    content: table({
      caption: `${metric} over the trials with each value, mean ± sample standard deviation`,
      head: ["option", "value", "trials", metric],
      rows,
    }),
  };
}
