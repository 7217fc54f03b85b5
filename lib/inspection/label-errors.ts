import { trainingLabels } from "../data/labels.js";
import { type FineTuneSettings, fineTuneOptions, seedOf } from "../fine-tuning/options.js";
import { parseOptions } from "../options/parse-options.js";
import type { InspectedRow, LabelledTask } from "../tasks/inspection.js";
import { confidentJoint, normalisedMargin } from "./confident-learning.js";
import type { Findings } from "./findings.js";
import type { InspectionRun } from "./options.js";
import { dealFolds, predictOutOfSample } from "./out-of-sample.js";
import type { InspectionEvent, LabelErrors, SuspectedLabel } from "./report.js";
import type { RowStore } from "./row-store.js";

/** What rows whose labels are judged are part of. */
interface LabelContext {
  settings: InspectionRun & { model: string };
  store: RowStore;
  signal?: AbortSignal;
  emit(event: InspectionEvent): void;
}

/**
 * Finds labels that look wrong by confident learning: models that were trained on other rows are confident of another class.
 *
 * @param rows the first ones of the store, in its order
 * @throws as `fineTune()` does; the signal's reason
 */
export async function findLabelErrors(
  rows: readonly InspectedRow[],
  task: LabelledTask,
  { settings, store, signal, emit }: LabelContext,
): Promise<LabelErrors> {
  const { folds } = settings;
  const labels = trainingLabels(rows.map(({ labels: own }) => own![0]!));
  const dealt = {
    rows: rows.map((row) => ({ fields: task.trainingRow(row), input: row.inputs[0] })),
    foldOf: dealFolds(store.keys.subarray(0, rows.length), folds, seedOf(settings)),
    count: folds,
  };
  const run = { signal, emit: () => {} };
  const tell = (fold: number) => emit({ type: "fold", fold: fold + 1, folds });
  const predictions = await predictOutOfSample(dealt, runSettings(settings, labels), run, tell);
  const probabilities = predictions.map((prediction) => task.probabilities(prediction, labels));
  return { folds, labels, ...judged(rows, labels, probabilities, store) };
}

/** What is trained in each fold: `fineTune()` with its defaults, but for what the inspection's options say. */
function runSettings(settings: LabelContext["settings"], labels: readonly string[]): FineTuneSettings {
  const { task, model, maxSeqLength, seed, epochs, batchSize, learningRate, device, dtype, threads } =
    settings;
  const given = { task, model, maxSeqLength, seed, epochs, batchSize, learningRate, device, dtype, threads };
  return parseOptions(fineTuneOptions, { ...given, labels, train: [] }) as object as FineTuneSettings;
}

function judged(
  rows: readonly InspectedRow[],
  names: readonly string[],
  probabilities: readonly number[][],
  store: RowStore,
): Omit<LabelErrors, "folds" | "labels"> {
  const labels = rows.map(({ labels: own }) => names.indexOf(own![0]!));
  const { thresholds, counts, confidentClasses } = confidentJoint({
    ...{ labels, probabilities, classes: names.length },
  });
  const suspects = [...rows.keys()]
    .filter((row) => confidentClasses[row]! >= 0 && confidentClasses[row] !== labels[row])
    .map((row): SuspectedLabel => {
      const label = labels[row]!;
      const suggested = confidentClasses[row]!;
      return {
        location: store.locationOf(row),
        text: store.excerptOf(row),
        label: names[label]!,
        suggested: names[suggested]!,
        probability: probabilities[row]![label]!,
        suggestedProbability: probabilities[row]![suggested]!,
        margin: normalisedMargin(probabilities[row]!, label),
      };
    });
  suspects.sort((a, b) => a.margin - b.margin);
  return { thresholds, confidentJoint: counts, suspects };
}

/** Puts the suspected labels among the findings. */
export function addSuspects({ suspects }: LabelErrors, findings: Findings): void {
  const what = "rows whose label looks wrong to models that were trained on other rows";
  for (const { location, text, label, suggested, suggestedProbability, probability } of suspects)
    findings.add({ kind: "wrong-label", in: "data", what }, () => ({
      location,
      text,
      detail: `labelled ${JSON.stringify(label)} (probability ${probability.toFixed(3)}), rather ${JSON.stringify(suggested)} (${suggestedProbability.toFixed(3)})`,
    }));
}
