import { calibrateNumbers } from "../../calibration/calibrate.js";
import { coverageOf } from "../../calibration/interval.js";
import { mseLoss } from "../../nn/functional.js";
import type { OptionsOf } from "../find-spec.js";
import { readEncoded, readSplits, withTargets } from "../texts/examples.js";
import { longTextsOf, longTextsOfModel } from "../texts/long-texts.js";
import { worstMistakes } from "../texts/mistakes.js";
import { taughtRows } from "../texts/taught.js";
import { textHead } from "../texts/text-head.js";
import type { TextTypes } from "../texts/text-task.js";
import { regressionMetrics } from "./metrics.js";
import type { RegressionEvaluation, RegressionPrediction } from "./prediction.js";
import { score } from "./rows.js";
import { regression } from "./spec.js";

interface Types extends TextTypes<number> {
  options: OptionsOf<"regression">;
  prediction: RegressionPrediction;
  evaluation: RegressionEvaluation;
}

/** A model that gives texts, or pairs of texts, a number each. Targets are those numbers, as they are. */
export const regressionHead = textHead<number, Types>({
  spec: regression,
  problemType: "regression",
  outputLabels: () => ["LABEL_0"], // as transformers names the one output

  async prepare(preparation) {
    const { options, maxSeqLength } = preparation;
    const longTexts = longTextsOf(preparation);
    const { train, validation } = await readSplits(score, preparation, { ...options, longTexts });
    const [first] = train.labels;
    if (train.labels.length > 1 && first !== null && train.labels.every((one) => one === first))
      preparation.notify(`train: all scores are ${first}`);
    const taught = await taughtRows(preparation, train);
    return {
      config: { labels: [], longTexts },
      choices: taught.choices,
      train: withTargets(taught.rows, train.labels, maxSeqLength),
      ...(validation && { validation: withTargets(validation, validation.labels, maxSeqLength) }),
    };
  },

  stored: (checkpoint, maxSeqLength) => ({
    labels: [],
    longTexts: longTextsOfModel(checkpoint, maxSeqLength),
  }),

  async read(model, source, options) {
    const encoded = await readEncoded(score, source, model, options);
    return withTargets(encoded, encoded.labels, model.maxSeqLength);
  },

  targetArray: (targets) => Float32Array.from(targets),
  lossSum: (_, logits, targets) => mseLoss(logits.squeeze(-1), targets, "sum"),
  taughtLossSum: (_, logits, answers) => mseLoss(logits, answers, "sum"),

  figures(_, outputs, examples, calibration) {
    const { targets } = examples;
    const { interval } = calibration ?? {};
    const predicted = outputs.map(([output]) => output!);
    const metrics = regressionMetrics(predicted, targets);
    const losses = predicted.map((score, row) => (score - targets[row]!) ** 2);
    const answersOf = (row: number) => ({ expected: targets[row]!, predicted: predicted[row]! });
    return {
      ...metrics,
      loss: metrics.meanSquaredError,
      report: {
        worstMistakes: worstMistakes(examples, losses, answersOf),
        ...(interval && { interval: { coverage: coverageOf(interval, predicted, targets) } }),
      },
    };
  },

  predictionOf(_, output, calibration) {
    const score = output[0]!;
    if (!calibration?.interval) return { score };
    const { halfWidth } = calibration.interval;
    return { score, interval: [score - halfWidth, score + halfWidth] };
  },

  explained: () => ({ id: 0, target: null }),

  /** @param choices with a coverage: without one there is nothing to calibrate */
  calibrationOf: (outputs, targets, { coverage }) =>
    calibrateNumbers(
      outputs.map(([output]) => output!),
      targets,
      coverage!,
    ),
});
