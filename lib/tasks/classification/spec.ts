import { z } from "zod";
import { calibrateOption, rawOption } from "../../calibration/options.js";
import { ABSTAINED } from "../../calibration/report-text.js";
import { explainMistakesOption } from "../../explanation/options.js";
import {
  columnNamesOption,
  columnsOption,
  labelColumnOption,
  textColumn,
  textPairColumn,
} from "../../options/column-options.js";
import { classWeightsOption, labelSmoothingOption, labelsOption } from "../../options/label-options.js";
import { optionMeta } from "../../options/option.js";
import {
  teacherOption,
  teacherTemperatureOption,
  teacherWeightOption,
} from "../../options/teacher-options.js";
import type { TextInput } from "../../tokenizer/text-input.js";
import type { ClassificationPredictOptions } from "../predict-option-types.js";
import { defineTask } from "../spec.js";
import { textCommandLine } from "../texts/command-line.js";
import { longTextOptions } from "../texts/long-texts.js";
import { problemTypeOf } from "../texts/problem-type.js";
import { textOrPair } from "../texts/text-or-pair.js";
import { classificationCard } from "./card.js";
import { classificationInspection } from "./inspection.js";
import type { ClassificationEvaluation, ClassificationPrediction } from "./prediction.js";
import { reportText } from "./report-text.js";

export type * from "./prediction.js";

interface Types {
  input: TextInput;
  prediction: ClassificationPrediction;
  predictOptions: ClassificationPredictOptions;
  evaluation: ClassificationEvaluation;
}

/** One label for each text or pair. @internal */
export const classification = defineTask<Types>()({
  name: "classification",
  options: {
    labels: labelsOption,
    ...longTextOptions(128),
    explainMistakes: explainMistakesOption,
    columnNames: columnNamesOption,
    columns: columnsOption({
      text: textColumn,
      textPair: textPairColumn,
      label: labelColumnOption("the label", "label"),
    }),
    method: z
      .enum(["cross-entropy", "contrastive"])
      .default("cross-entropy")
      .describe(
        "what the labels teach: what each text's label is, or, of few rows, which texts have the same one; the last layer is then fitted by logistic regression",
      ),
    pairsPerRow: z
      .int()
      .positive()
      .optional()
      .describe(
        "with method contrastive: how often an epoch pairs each row, each time with a text of the same label and with one of another",
      )
      .register(optionMeta, { defaultText: "10", unit: "pairs" }),
    labelSmoothing: labelSmoothingOption,
    classWeights: classWeightsOption,
    teacher: teacherOption,
    teacherTemperature: teacherTemperatureOption,
    teacherWeight: teacherWeightOption,
    balancedSampling: z
      .boolean()
      .default(false)
      .describe("draw the rows of each epoch so that every label comes equally often"),
    calibrate: calibrateOption,
  },
  maxSeqLength: 128,
  inputs: textOrPair,
  predictOptions: { raw: rawOption },
  calibratedBy: ["temperature", "abstention", "sets"],
  explainedBy: ["target"],
  metrics: {
    accuracy: "higher",
    f1: "higher",
    macroF1: "higher",
    matthewsCorrelation: "higher",
    loss: "lower",
  },
  loads: (head, config) => problemTypeOf(head, config) === "single_label_classification",
  card: classificationCard,
  inspection: classificationInspection,
  commandLine: textCommandLine<ClassificationPrediction>(
    ({ label, score, abstained }) => [abstained ? ABSTAINED : label, score.toFixed(4)],
    reportText,
  ),
});
