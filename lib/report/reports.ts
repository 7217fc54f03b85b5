import type { Section } from "./elements.js";
import { html } from "./html.js";
import { dateText } from "./numbers.js";
import type { Report } from "./page.js";
import type { Comparison, Progress, SearchRun } from "./read/results.js";
import type { TrainingRun } from "./read/training-run.js";
import { runName } from "./run-name.js";
import { calibrationSection } from "./sections/calibration.js";
import { curvesSection, differencesSection, figuresSection, type NamedRun } from "./sections/comparison.js";
import { configurationSection } from "./sections/configuration.js";
import { confusionSection } from "./sections/confusion.js";
import { courseSection } from "./sections/course.js";
import { evaluationsSection } from "./sections/evaluations.js";
import { labelsSection } from "./sections/labels.js";
import { mistakesSection } from "./sections/mistakes.js";
import { dataSection, environmentSection } from "./sections/origin.js";
import { phasesSection } from "./sections/phases.js";
import { seedsSection } from "./sections/seeds.js";
import { summarySection } from "./sections/summary.js";
import { trialsSection, valuesSection } from "./sections/trials.js";
import {
  variantCurvesSection,
  variantOptionsSection,
  variantRunsSection,
  variantsSection,
} from "./sections/variants.js";

/** The report of a fine-tuning or a pre-training. */
export function trainingReport(run: TrainingRun): Report {
  const { name, how, task, origin, report } = run;
  const ofReport = [labelsSection, confusionSection, calibrationSection, mistakesSection];
  return {
    title: `${how}: ${name}`,
    subtitle: html`${task !== null && `Task ${task}. `}${origin && `Begun ${dateText(origin.started)}.`}`,
    sections: present([
      summarySection(run),
      courseSection(run),
      phasesSection(run),
      evaluationsSection(run),
      seedsSection(run),
      ...(report === null ? [] : ofReport.map((section) => section(report))),
      configurationSection(origin?.options),
      dataSection(run),
      environmentSection(run),
    ]),
  };
}

/** The report of a search. */
export function searchReport(directory: string, run: SearchRun): Report {
  return {
    title: `Search: ${runName(directory)}`,
    subtitle: run.progress
      ? progressText(run.progress, `trials are done${run.metric && `, the best by ${run.metric} first`}`)
      : `${run.trials.length} trials, by ${run.metric}`,
    sections: present([
      trialsSection(run),
      valuesSection(run),
      configurationSection(run.options ?? undefined),
    ]),
  };
}

/** The report of `ablate()`. */
export function comparisonReport(directory: string, { variants, progress }: Comparison): Report {
  const [origin] = variants.flatMap(({ runs }) => runs.slice(0, 1));
  return {
    title: `Comparison: ${runName(directory)}`,
    subtitle: progress
      ? progressText(progress, "runs are done")
      : `${variants.length} variants of a pre-training`,
    sections: present([
      variantsSection(variants),
      variantCurvesSection(variants),
      variantOptionsSection(variants),
      variantRunsSection(variants),
      origin ? environmentSection(origin) : null,
    ]),
  };
}

/** Several trainings on one page. */
export function runsReport(runs: readonly NamedRun[]): Report {
  return {
    title: `${runs.length} runs`,
    subtitle: runs.map(({ name }) => name).join(", "),
    sections: present([figuresSection(runs), curvesSection(runs), differencesSection(runs)]),
  };
}

function progressText({ done, planned }: Progress, what: string): string {
  return `${done} of ${planned} ${what}; it goes on, or was interrupted.`;
}

function present(sections: readonly (Section | null)[]): Section[] {
  return sections.filter((section) => section !== null);
}
