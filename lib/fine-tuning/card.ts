import { basename } from "node:path";
import { baseIn } from "../card/base.js";
import type { CardData, CardTraining } from "../card/card.js";
import type { RowInput } from "../data/readers/rows.js";
import { STANDARD_INPUT } from "../data/readers/standard-input.js";
import { decidingOptions } from "../options/option.js";
import { areFiles, pathsOf } from "../options/row-options.js";
import { figureOf } from "../tasks/evaluation.js";
import { metricsOf } from "../tasks/metrics-of.js";
import { counted, someOf } from "../text-format.js";
import type { FineTuneResult } from "./events.js";
import { type FineTuneSettings, fineTuneOptions, loadsBest } from "./options.js";
import type { PreparedRun } from "./prepare-run.js";

/** What the card of a model says of the run that it comes of. @param stopped why it ended early, if it did */
export function cardOfRun(run: PreparedRun, result: FineTuneResult, stopped?: string): CardTraining {
  const { settings, rows } = run;
  const { languages, license, datasetName, train, validation } = settings;
  return {
    how: "fine-tuned",
    train: [dataOf(train, rows.train.rows)],
    validation: validation === undefined ? null : dataOf(validation, rows.validation!.rows),
    figures: figuresOf(run, result),
    options: optionsOf(run, result),
    remarks: remarksOf(settings, result, stopped),
    terms: { languages, license, datasetName },
  };
}

/** The names of files alone: their folder is of the machine that trained. */
function dataOf(source: RowInput, rows: number): CardData {
  const size = counted(rows, "row");
  if (!areFiles(source) || pathsOf(source).includes(STANDARD_INPUT)) return { name: null, size };
  return { name: someOf(pathsOf(source).map((path) => basename(path))), size };
}

function figuresOf({ head, rows }: PreparedRun, { metrics }: FineTuneResult): Record<string, number> {
  if (metrics === null) return {};
  const figures = metricsOf(head, rows.config).map((name) => [name, figureOf(metrics, name)] as const);
  return Object.fromEntries(figures.filter(([, value]) => Number.isFinite(value)));
}

/** What decides the result beside the rows and the model. */
function optionsOf({ settings, maxSeqLength, compute }: PreparedRun, { seed }: FineTuneResult) {
  const { task, train: _t, validation: _v, seeds: _s, ...options } = settings;
  const { task: _, ...deciding } = decidingOptions(fineTuneOptions, { task, ...options, maxSeqLength, seed });
  return { ...deciding, device: compute.device, dtype: compute.dtype };
}

function remarksOf(
  settings: FineTuneSettings,
  { metric, metrics, bestStep, steps, seeds }: FineTuneResult,
  stopped: string | undefined,
): string[] {
  const isChosen = metrics !== null && loadsBest(settings);
  return [
    ...(stopped === undefined ? [] : [`The training ended before its time: ${stopped}.`]),
    ...(isChosen
      ? [
          `The weights are those after update ${bestStep} of ${steps}, chosen by ${metric} on the rows of the evaluation.`,
        ]
      : []),
    ...(settings.teacher === undefined
      ? []
      : [`It learnt what another model says of its rows: ${baseIn(settings.teacher).name}.`]),
    ...(seeds === undefined ? [] : [`Of ${seeds.runs.length} seeds, the best on those rows was kept.`]),
  ];
}
