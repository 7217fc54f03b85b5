import type { ChoiceInput } from "../../data/choice-rows.js";
import type { WordsInput } from "../../data/tagging/words.js";
import type { ClassificationEvaluation, Prediction, TextInput } from "../classification/prediction.js";
import type { MaskedWordsEvaluation, MaskPrediction } from "../masked-words/prediction.js";
import type { MultiLabelEvaluation, MultiLabelPrediction } from "../multi-label/prediction.js";
import type { ChoiceEvaluation, ChoicePrediction } from "../multiple-choice/prediction.js";
import type {
  AnswerPrediction,
  QuestionEvaluation,
  QuestionInput,
  QuestionPredictOptions,
} from "../question-answering/prediction.js";
import type { RegressionEvaluation, RegressionPrediction } from "../regression/prediction.js";
import type { EntityPrediction, TokenClassificationEvaluation } from "../token-classification/prediction.js";
import type { Evaluation } from "./progress.js";
import type { ModelKind } from "./task-names.js";

/** What the models of each task take and give. */
export interface TaskTypes {
  classification: {
    input: TextInput;
    prediction: Prediction;
    predictOptions: object;
    evaluation: ClassificationEvaluation;
  };
  "multi-label": {
    input: TextInput;
    prediction: MultiLabelPrediction;
    predictOptions: object;
    evaluation: MultiLabelEvaluation;
  };
  regression: {
    input: TextInput;
    prediction: RegressionPrediction;
    predictOptions: object;
    evaluation: RegressionEvaluation;
  };
  "token-classification": {
    input: WordsInput;
    prediction: EntityPrediction[];
    predictOptions: object;
    evaluation: TokenClassificationEvaluation;
  };
  "multiple-choice": {
    input: ChoiceInput;
    prediction: ChoicePrediction;
    predictOptions: object;
    evaluation: ChoiceEvaluation;
  };
  "masked-words": {
    /** A text with one or more `[MASK]` in it. */
    input: string;
    /** For each of them the likeliest tokens, the best first. */
    prediction: MaskPrediction[][];
    predictOptions: { topK?: number };
    evaluation: MaskedWordsEvaluation;
  };
  features: { input: never; prediction: never; predictOptions: object; evaluation: never };
  "question-answering": {
    input: QuestionInput;
    prediction: AnswerPrediction;
    predictOptions: QuestionPredictOptions;
    evaluation: QuestionEvaluation;
  };
}

/** Fails to compile where a task has no types, or an evaluation no rows. */
export type TypesOf<Kind extends ModelKind> = TaskTypes[Kind] & { evaluation: Evaluation };
