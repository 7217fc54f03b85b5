import type { WordsInput } from "../../data/tagging/words.js";
import type { ClassificationEvaluation, Prediction, TextInput } from "../classification/prediction.js";
import type { EntityPrediction, TokenClassificationEvaluation } from "../token-classification/prediction.js";
import type { Evaluation } from "./progress.js";
import type { TaskName } from "./task-names.js";

/** What the models of each task take and give. */
export interface TaskTypes {
  classification: {
    input: TextInput;
    prediction: Prediction;
    predictOptions: object;
    evaluation: ClassificationEvaluation;
  };
  "token-classification": {
    input: WordsInput;
    prediction: EntityPrediction[];
    predictOptions: object;
    evaluation: TokenClassificationEvaluation;
  };
}

/** Fails to compile where a task has no types, or an evaluation no rows. */
export type TypesOf<Name extends TaskName> = TaskTypes[Name] & { evaluation: Evaluation };
