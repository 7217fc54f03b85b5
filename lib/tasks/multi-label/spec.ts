import { z } from "zod";
import { calibrateOption, rawOption } from "../../calibration/options.js";
import { explainMistakesOption } from "../../explanation/options.js";
import {
  columnNamesOption,
  columnsOption,
  labelColumnOption,
  textColumn,
  textPairColumn,
} from "../../options/column-options.js";
import { independentLabelsOption } from "../../options/label-options.js";
import {
  teacherOption,
  teacherTemperatureOption,
  teacherWeightOption,
} from "../../options/teacher-options.js";
import type { TextInput } from "../../tokenizer/text-input.js";
import type { MultiLabelPredictOptions } from "../predict-option-types.js";
import { defineTask } from "../spec.js";
import { textCommandLine } from "../texts/command-line.js";
import { longTextOptions } from "../texts/long-texts.js";
import { problemTypeOf } from "../texts/problem-type.js";
import { labelTable, mistakeLines } from "../texts/report-text.js";
import { textOrPair } from "../texts/text-or-pair.js";
import { multiLabelCard } from "./card.js";
import { multiLabelInspection } from "./inspection.js";
import type { MultiLabelEvaluation, MultiLabelPrediction, MultiLabelReport } from "./prediction.js";

export type * from "./prediction.js";

interface Types {
  input: TextInput;
  prediction: MultiLabelPrediction;
  predictOptions: MultiLabelPredictOptions;
  evaluation: MultiLabelEvaluation;
}

/** Any number of labels for each text or pair. @internal */
export const multiLabel = defineTask<Types>()({
  name: "multi-label",
  options: {
    labels: independentLabelsOption,
    ...longTextOptions(128),
    explainMistakes: explainMistakesOption,
    columnNames: columnNamesOption,
    columns: columnsOption({
      text: textColumn,
      textPair: textPairColumn,
      label: labelColumnOption("the labels", "labels or label"),
    }),
    teacher: teacherOption,
    teacherTemperature: teacherTemperatureOption,
    teacherWeight: teacherWeightOption,
    threshold: z
      .union([z.number().min(0).max(1), z.literal("tuned")], {
        error: () => ({ message: 'a number from 0 to 1 or "tuned"' }),
      })
      .default(0.5)
      .describe(
        "from which probability on a label counts, or `tuned`: for each label that with the highest F1 on the validation rows",
      ),
    calibrate: calibrateOption,
  },
  maxSeqLength: 128,
  inputs: textOrPair,
  predictOptions: { raw: rawOption },
  calibratedBy: ["temperature"],
  explainedBy: ["target"],
  metrics: { microF1: "higher", macroF1: "higher", subsetAccuracy: "higher", loss: "lower" },
  loads: (head, config) => problemTypeOf(head, config) === "multi_label_classification",
  card: multiLabelCard,
  inspection: multiLabelInspection,
  commandLine: textCommandLine<MultiLabelPrediction>(({ labels }) => [labels.join("|")], reportText),
});

function reportText(report: object): string {
  const { labels, worstMistakes } = report as MultiLabelReport;
  const lines = mistakeLines(worstMistakes, (names) => names.join("|") || "no label");
  return [labelTable(labels), ...lines].join("\n\n");
}
