import { z } from "zod";
import { argmax, joined, meanOf } from "../../arrays.js";
import { calibrateChoices } from "../../calibration/calibrate.js";
import type { Checkpoint } from "../../checkpoint/checkpoint.js";
import { storedLabels, tooFewLabels } from "../../checkpoint/labels.js";
import { quoted } from "../../data/data-error.js";
import { labelSets, trainingLabels } from "../../data/labels.js";
import { expected } from "../../errors.js";
import { sigmoid, softplus } from "../../logistic.js";
import { binaryCrossEntropy } from "../../nn/functional.js";
import { parseFields } from "../../options/parse-fields.js";
import type { OptionsOf } from "../find-spec.js";
import type { Preparation } from "../head.js";
import { readEncoded, readSplits, type SequenceExamples, withTargets } from "../texts/examples.js";
import { targetClass } from "../texts/explain-output.js";
import { longTextsOf, longTextsOfModel, type TextConfig } from "../texts/long-texts.js";
import { taughtLabels, taughtRows, textTeacher, whereLabelled } from "../texts/taught.js";
import { textHead } from "../texts/text-head.js";
import type { TextTypes } from "../texts/text-task.js";
import { multiLabelMetrics } from "./metrics.js";
import type { MultiLabelEvaluation, MultiLabelPrediction } from "./prediction.js";
import { multiLabelReport } from "./report.js";
import { labelSet } from "./rows.js";
import { softDecisionsSum } from "./soft-decisions.js";
import { multiLabel } from "./spec.js";
import { bestThresholds, DEFAULT_THRESHOLD } from "./thresholds.js";

interface MultiLabelConfig extends TextConfig {
  /** From which probability on each label counts, in class order. */
  thresholds: readonly number[];
}

interface LabelSetExamples extends SequenceExamples<Uint8Array | null> {
  /** Whether an evaluation on these rows looks for the best thresholds itself. */
  tunesThresholds?: boolean;
}

interface Types extends TextTypes<Uint8Array> {
  options: OptionsOf<"multi-label">;
  rows: LabelSetExamples;
  config: MultiLabelConfig;
  prediction: MultiLabelPrediction;
  evaluation: MultiLabelEvaluation;
}

/** A classifier of texts, or of pairs of texts, with any number of labels each. A target has 1 or 0 for each label. */
export const multiLabelHead = textHead<Uint8Array, Types>({
  spec: multiLabel,
  problemType: "multi_label_classification",
  outputLabels: ({ labels }) => labels,
  ownFields: ({ labels, thresholds }) => ({
    label_thresholds: Object.fromEntries(labels.map((label, id) => [label, thresholds[id]!])),
  }),

  async prepare(preparation) {
    const { options, maxSeqLength } = preparation;
    const { threshold } = options;
    const isTuned = threshold === "tuned";
    if (isTuned && preparation.validation === undefined)
      throw expected("rows to evaluate on, which a tuned threshold needs,", "validation", undefined);
    const longTexts = longTextsOf(preparation);
    const { train, validation } = await readSplits(labelSet, preparation, { ...options, longTexts });
    const known = train.labels.filter((names) => names !== null);
    const teacher = textTeacher(preparation);
    const labels = teacher
      ? taughtLabels(teacher, options.labels)
      : trainingLabels(known.flat(), { given: options.labels, fewest: 1, notify: preparation.notify });
    tellConstantLabels(known, preparation);
    const sets = whereLabelled(train, (labelled) => labelSets(labelled, labels));
    const taught = await taughtRows(preparation, train);
    return {
      config: { labels, longTexts, thresholds: labels.map(() => (isTuned ? DEFAULT_THRESHOLD : threshold)) },
      choices: taught.choices,
      train: withTargets(taught.rows, sets, maxSeqLength),
      ...(validation && {
        validation: {
          ...withTargets(validation, labelSets(validation, labels), maxSeqLength),
          tunesThresholds: isTuned,
        },
      }),
    };
  },

  stored(checkpoint, maxSeqLength) {
    const labels = storedLabels(checkpoint);
    if (labels.length === 0) throw tooFewLabels(checkpoint, labels.length);
    const stored = storedThresholds(checkpoint);
    return {
      labels,
      longTexts: longTextsOfModel(checkpoint, maxSeqLength),
      thresholds: labels.map((label) => (Object.hasOwn(stored, label) ? stored[label]! : DEFAULT_THRESHOLD)),
    };
  },

  async read(model, source, options) {
    const encoded = await readEncoded(labelSet, source, model, options);
    return withTargets(encoded, labelSets(encoded, model.config.labels), model.maxSeqLength);
  },

  targetArray: (targets) => joined(targets.map((target) => Float32Array.from(target))),
  lossSum({ config: { labels } }, logits, targets) {
    return binaryCrossEntropy(logits, targets.reshape(logits.shape), "sum").div(labels.length);
  },

  taughtLossSum: ({ choices: { teacherTemperature = 1 } }, logits, answers) =>
    softDecisionsSum(logits, answers, teacherTemperature),

  figures(
    { labels, thresholds: own },
    outputs,
    examples: SequenceExamples<Uint8Array> & Pick<LabelSetExamples, "tunesThresholds">,
    calibration,
  ) {
    const { targets, tunesThresholds } = examples;
    const probabilities = outputs.map((output) => Float64Array.from(output, sigmoid));
    const thresholds = tunesThresholds ? bestThresholds(probabilities, targets, labels.length) : own;
    const predicted = probabilities.map((row) => decide(row, thresholds));
    const { temperature = 1 } = calibration ?? {};
    const losses = outputs.map((output, row) => meanCrossEntropy(output, targets[row]!, temperature));
    return {
      ...multiLabelMetrics(predicted, targets, labels.length),
      loss: meanOf(losses),
      report: multiLabelReport(labels, thresholds, { examples, predicted, losses }),
    };
  },

  adopt: (config, { report }) => ({
    ...config,
    thresholds: report.labels.map(({ threshold }) => threshold),
  }),

  /** Thresholds are of what the model gives: a temperature changes how sure it is of its labels, and not which they are. */
  predictionOf({ labels, thresholds }, output, calibration) {
    const decided = decide(Float64Array.from(output, sigmoid), thresholds);
    const { temperature = 1 } = calibration ?? {};
    const probabilities = Float64Array.from(output, (logit) => sigmoid(logit / temperature));
    return {
      labels: labels.filter((_, id) => decided[id]),
      scores: Object.fromEntries(labels.map((label, id) => [label, probabilities[id]!])),
    };
  },

  explained({ labels }, output, target) {
    const id = targetClass(target, labels, () => argmax(output));
    return { id, target: labels[id]! };
  },

  /** Whether a label is there is a choice between two, whose logits are 0 and the label's. */
  calibrationOf(outputs, targets, choices) {
    const rows = outputs.flatMap((output, row) =>
      Array.from(output, (logit, id) => ({ logits: [0, logit], right: targets[row]![id]! })),
    );
    return calibrateChoices(rows, choices);
  },
});

const thresholdsField = z.looseObject({ label_thresholds: z.record(z.string(), z.number()).nullish() });

/** Thresholds by label, as `config.json` keeps them. @throws LibbertError ERR_CHECKPOINT */
function storedThresholds({ json, source }: Checkpoint): Record<string, number> {
  return parseFields(thresholdsField, json, source).label_thresholds ?? {};
}

function decide(probabilities: Float64Array, thresholds: readonly number[]): Uint8Array {
  return Uint8Array.from(probabilities, (probability, id) => Number(probability >= thresholds[id]!));
}

function meanCrossEntropy(output: Float32Array, target: Uint8Array, temperature: number): number {
  const logits = output.map((logit) => logit / temperature);
  const losses = logits.map((logit, id) => softplus(target[id] === 1 ? -logit : logit));
  return meanOf(losses);
}

/** Tells of labels that every row has: nothing tells a model where they do not apply. */
function tellConstantLabels(
  rows: readonly (readonly string[])[],
  { notify }: Pick<Preparation<unknown>, "notify">,
): void {
  const [first = [], ...others] = rows.map((names) => new Set(names));
  const constant = [...first].filter((label) => others.every((names) => names.has(label)));
  if (others.length > 0 && constant.length > 0)
    notify(
      `train: every row has ${constant.length === 1 ? "the label" : "the labels"} ${quoted(constant)}, which teaches nothing of where not to give ${constant.length === 1 ? "it" : "them"}`,
    );
}
