import type { ClassificationEvaluation, Prediction, TextInput } from "../classification/prediction.js";
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
}

/** Fails to compile where a task has no types, or an evaluation no rows. */
export type TypesOf<Name extends TaskName> = TaskTypes[Name] & { evaluation: Evaluation };
