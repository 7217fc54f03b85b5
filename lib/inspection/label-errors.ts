import { dataError } from "../data/data-error.js";
import { trainingLabels } from "../data/labels.js";
import { type FineTuneSettings, fineTuneOptions, seedOf } from "../fine-tuning/options.js";
import { parseOptions } from "../options/parse-options.js";
import type { InspectedRow, LabelledTask } from "../tasks/inspection.js";
import type { Findings } from "./findings.js";
import { judgedLabelSets } from "./judged-label-sets.js";
import { judgedLabels } from "./judged-labels.js";
import { judgedTags } from "./judged-tags.js";
import type { InspectionRun } from "./options.js";
import { dealFolds, type Folds, outOfSample } from "./out-of-sample.js";
import type { InspectionEvent, LabelErrors } from "./report.js";
import type { RowStore } from "./row-store.js";
import { suspicionOf } from "./suspicion.js";

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
 * @throws as `fineTune()` does; ERR_DATA for a text with entities, which has no tags; the signal's reason
 */
export async function findLabelErrors(
  rows: readonly InspectedRow[],
  task: LabelledTask,
  context: LabelContext,
): Promise<LabelErrors> {
  return task.kind === "tag" ? tagErrors(rows, task, context) : textErrors(rows, task, context);
}

/** Of rows whose words have a tag each. */
async function tagErrors(
  rows: readonly InspectedRow[],
  task: Extract<LabelledTask, { kind: "tag" }>,
  context: LabelContext,
): Promise<LabelErrors> {
  const { settings, store, signal } = context;
  const { folds } = settings;
  const tagged = rows.map(taggedRow);
  const options = task.options(rows);
  const judged = await outOfSample(foldsOf(tagged, context), {
    ...foldRuns(context),
    settings: runSettings(settings, options),
    async answersOf(model, own) {
      const read = await model.read(
        own.map((row) => tagged[row]!),
        { name: "data", signal },
      );
      return model.judge(read, signal);
    },
  });
  return judgedTags(judged, options.labels, { rows, store, folds });
}

/** Of rows whose texts have labels. */
async function textErrors(
  rows: readonly InspectedRow[],
  task: Exclude<LabelledTask, { kind: "tag" }>,
  context: LabelContext,
): Promise<LabelErrors> {
  const { settings, store, signal } = context;
  const { folds } = settings;
  const labels = trainingLabels(
    rows.flatMap(({ labels: own }) => own!),
    { fewest: task.kind === "label" ? 2 : 1 },
  );
  const probabilities = await outOfSample(foldsOf(rows.map(task.trainingRow), context), {
    ...foldRuns(context),
    settings: runSettings(settings, { labels }),
    async answersOf(model, own) {
      const inputs = own.map((row) => rows[row]!.inputs[0]);
      const predictions = await model.predict(inputs, {}, signal);
      return predictions.map((prediction) => task.probabilities(prediction, labels));
    },
  });
  const judge = task.kind === "label" ? judgedLabels : judgedLabelSets;
  return judge(probabilities, labels, { rows, store, folds });
}

function foldsOf(rows: Folds["rows"], { settings, store }: LabelContext) {
  const { folds } = settings;
  return {
    rows,
    foldOf: dealFolds(store.keys.subarray(0, rows.length), folds, seedOf(settings)),
    count: folds,
  };
}

/** The models of the folds tell nothing of their own. */
function foldRuns({ settings: { folds }, signal, emit }: LabelContext) {
  return {
    context: { signal, emit: () => {} },
    onFold: (fold: number) => emit({ type: "fold", fold: fold + 1, folds }),
  };
}

function taggedRow({ tagged, location }: InspectedRow): Record<string, unknown> {
  if (tagged === undefined)
    throw dataError(location, "words with their tags, which findLabelErrors judges,", "a text with entities");
  return { tokens: tagged.words, tags: tagged.tags };
}

/** What is trained in each fold: `fineTune()` with its defaults, but for what the inspection's options say. */
function runSettings(settings: LabelContext["settings"], ofRows: object): FineTuneSettings {
  const { task, model, maxSeqLength, seed, epochs, batchSize, learningRate, device, dtype, threads } =
    settings;
  const given = { task, model, maxSeqLength, seed, epochs, batchSize, learningRate, device, dtype, threads };
  return parseOptions(fineTuneOptions, { ...given, ...ofRows, train: [] }) as object as FineTuneSettings;
}

/** Puts the suspected rows among the findings. */
export function addSuspects(errors: LabelErrors, findings: Findings): void {
  const what = "rows whose label looks wrong to models that were trained on other rows";
  for (const suspect of errors.suspects) {
    const { location, text, probability, suggestedProbability } = suspect;
    const { label, suggested } = suspicionOf(suspect);
    findings.add({ kind: "wrong-label", in: "data", what }, () => ({
      ...{ location, text },
      detail: `labelled ${label} (probability ${probability.toFixed(3)}), rather ${suggested} (${suggestedProbability.toFixed(3)})`,
    }));
  }
}
