import { rawOption } from "../../calibration/options.js";
import { intervalLines } from "../../calibration/report-text.js";
import { explainMistakesOption } from "../../explanation/options.js";
import {
  columnNamesOption,
  columnsOption,
  labelColumnOption,
  textColumn,
  textPairColumn,
} from "../../options/column-options.js";
import { teacherOption, teacherWeightOption } from "../../options/teacher-options.js";
import { figure } from "../../text-format.js";
import type { TextInput } from "../../tokenizer/text-input.js";
import type { RegressionPredictOptions } from "../predict-option-types.js";
import { defineTask } from "../spec.js";
import { textCommandLine } from "../texts/command-line.js";
import { longTextOptions } from "../texts/long-texts.js";
import { hasOneOutput, isReranker } from "../texts/problem-type.js";
import { mistakeLines } from "../texts/report-text.js";
import { textOrPair } from "../texts/text-or-pair.js";
import { regressionCard } from "./card.js";
import { regressionInspection } from "./inspection.js";
import type { RegressionEvaluation, RegressionPrediction, RegressionReport } from "./prediction.js";

export type * from "./prediction.js";

interface Types {
  input: TextInput;
  prediction: RegressionPrediction;
  predictOptions: RegressionPredictOptions;
  evaluation: RegressionEvaluation;
}

/** A number for each text or pair. @internal */
export const regression = defineTask<Types>()({
  name: "regression",
  options: {
    ...longTextOptions(128),
    explainMistakes: explainMistakesOption,
    columnNames: columnNamesOption,
    columns: columnsOption({
      text: textColumn,
      textPair: textPairColumn,
      label: labelColumnOption("the score", "score or label"),
    }),
    teacher: teacherOption,
    teacherWeight: teacherWeightOption,
  },
  maxSeqLength: 128,
  inputs: textOrPair,
  predictOptions: { raw: rawOption },
  calibratedBy: ["interval"],
  explainedBy: [],
  metrics: { pearson: "higher", spearman: "higher", meanSquaredError: "lower", loss: "lower" },
  loads: (head, config) => hasOneOutput(head, config) && !isReranker(head, config),
  alsoLoads: hasOneOutput,
  card: regressionCard,
  inspection: regressionInspection,
  commandLine: textCommandLine<RegressionPrediction>(({ score }) => [score.toFixed(4)], reportText),
});

function reportText(report: object): string {
  const { worstMistakes, interval } = report as RegressionReport;
  return [...intervalLines(interval), ...mistakeLines(worstMistakes, figure)].join("\n\n");
}
