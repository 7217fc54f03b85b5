import { argmax, meanOf } from "../../arrays.js";
import { calibrateChoices } from "../../calibration/calibrate.js";
import { doubtFigures, doubtOf } from "../../calibration/doubt.js";
import { logProbabilitiesOf } from "../../calibration/scored-row.js";
import { storedLabels, tooFewLabels } from "../../checkpoint/labels.js";
import { classWeightsOf, countClasses } from "../../data/class-weights.js";
import { labelIds, trainingLabels } from "../../data/labels.js";
import { expected } from "../../errors.js";
import { classificationMetrics, confusionMatrix } from "../../metrics/classification.js";
import { classCount, classLossSum, softLossSum } from "../class-loss.js";
import type { TaskHead } from "../head.js";
import { readEncoded, readSplits, withTargets } from "../texts/examples.js";
import { targetClass } from "../texts/explain-output.js";
import { longTextsOf, longTextsOfModel } from "../texts/long-texts.js";
import { taughtLabels, taughtRows, textTeacher, whereLabelled } from "../texts/taught.js";
import { textHead } from "../texts/text-head.js";
import { contrastiveHead } from "./contrastive/head.js";
import { classificationReport } from "./report.js";
import { classLabel } from "./rows.js";
import { classification } from "./spec.js";
import type { ClassificationTypes } from "./types.js";

/** The loss is the cross entropy of the labels. */
const classifier = textHead<number, ClassificationTypes>({
  spec: classification,
  problemType: "single_label_classification",
  outputLabels: ({ labels }) => labels,

  async prepare(preparation) {
    const { options, maxSeqLength, notify } = preparation;
    if (options.method !== "contrastive" && options.pairsPerRow !== undefined)
      throw expected('no value without method "contrastive"', "pairsPerRow", options.pairsPerRow);
    const longTexts = longTextsOf(preparation);
    const { train, validation } = await readSplits(classLabel, preparation, { ...options, longTexts });
    const known = train.labels.filter((label) => label !== null);
    const teacher = textTeacher(preparation);
    const labels = teacher
      ? taughtLabels(teacher, options.labels)
      : trainingLabels(known, { given: options.labels, notify });
    const classes = whereLabelled(train, (labelled) => labelIds(labelled, labels));
    const knownClasses = classes.filter((id) => id !== null);
    const isKnown = knownClasses.length === classes.length;
    if (options.balancedSampling && !isKnown)
      throw expected("no value beside rows without labels", "balancedSampling", true);
    const { labelSmoothing, classWeights } = options;
    const counts = countClasses(knownClasses, labels.length);
    const taught = await taughtRows(preparation, train);
    return {
      config: { labels, longTexts },
      choices: {
        labelSmoothing,
        classWeights: classWeights && classWeightsOf(classWeights, labels, counts),
        ...taught.choices,
      },
      train: {
        ...withTargets(taught.rows, classes, maxSeqLength),
        ...(isKnown && { itemClasses: knownClasses }),
      },
      ...(validation && {
        validation: withTargets(validation, labelIds(validation, labels), maxSeqLength),
      }),
    };
  },

  stored(checkpoint, maxSeqLength) {
    const labels = storedLabels(checkpoint);
    if (labels.length < 2) throw tooFewLabels(checkpoint, labels.length);
    return { labels, longTexts: longTextsOfModel(checkpoint, maxSeqLength) };
  },

  /** F1 of class 1 is there for two labels alone. */
  metrics: ({ labels }) =>
    Object.keys(classification.metrics).filter((name) => name !== "f1" || labels.length === 2),

  async read(model, source, options) {
    const encoded = await readEncoded(classLabel, source, model, options);
    return withTargets(encoded, labelIds(encoded, model.config.labels), model.maxSeqLength);
  },

  targetArray: (targets) => Int32Array.from(targets),
  count: classCount,
  lossSum: classLossSum,
  taughtLossSum: ({ choices: { teacherTemperature = 1 } }, logits, answers) =>
    softLossSum(logits, answers, teacherTemperature),
  outputOf: (logits) => logits.logSoftmax(-1),

  /** @param outputs log-probabilities */
  figures({ labels }, outputs, examples, calibration) {
    const { targets } = examples;
    const predicted = outputs.map(argmax);
    const calibrated = outputs.map((output) => logProbabilitiesAt(output, calibration?.temperature));
    const confidences = calibrated.map((output, row) => Math.exp(output[predicted[row]!]!));
    const losses = calibrated.map((output, row) => -output[targets[row]!]!);
    const matrix = confusionMatrix(predicted, targets, labels.length);
    return {
      ...classificationMetrics(matrix),
      loss: meanOf(losses),
      report: {
        ...classificationReport(matrix, labels, { examples, predicted, confidences, losses }),
        ...(calibration && doubtFigures(calibration, outputs, targets, confidences)),
      },
    };
  },

  predictionOf({ labels }, output, calibration) {
    const logProbabilities = logProbabilitiesAt(output, calibration?.temperature);
    const scores = Object.fromEntries(labels.map((label, id) => [label, Math.exp(logProbabilities[id]!)]));
    const label = labels[argmax(output)]!;
    const score = scores[label]!;
    if (calibration === null) return { label, score, scores };
    const { predictionSet, ...doubt } = doubtOf(calibration, output, score);
    const named = predictionSet && { predictionSet: predictionSet.map((id) => labels[id]!) };
    return { label, score, scores, ...doubt, ...named };
  },

  explained({ labels }, output, target) {
    const id = targetClass(target, labels, () => argmax(output));
    return { id, target: labels[id]! };
  },

  calibrationOf(outputs, targets, choices) {
    const rows = outputs.map((logits, row) => ({ logits, right: targets[row]! }));
    return calibrateChoices(rows, choices);
  },
});

/** A classifier of texts, or of pairs of texts, with one label each. */
export const classificationHead: TaskHead<ClassificationTypes> = {
  ...classifier,
  trainer: ({ method }) => (method === "contrastive" ? contrastiveHead(classifier) : undefined),
};

/** Those of a model without a temperature stay as they are, bit for bit. */
function logProbabilitiesAt(output: Float32Array, temperature = 1): Float32Array | Float64Array {
  return temperature === 1 ? output : logProbabilitiesOf(output, temperature);
}
