import type { Task } from "../fine-tuning/task.js";
import { readEncodedChoices } from "./examples.js";
import { MultipleChoiceModel } from "./model.js";

/** The best of several choices for each row. */
export const multipleChoice: Task = {
  defaultMaxSeqLength: 128,

  async prepare(checkpoint, settings, compute, { signal }) {
    const { maxSeqLength } = settings;
    const reader = { tokenizer: checkpoint.tokenizer, maxSeqLength };
    const read = (name: "train" | "validation", limit?: number) =>
      readEncodedChoices(settings[name]!, reader, { name, limit, signal });
    return {
      train: await read("train", settings.limit),
      validation: settings.validation === undefined ? undefined : await read("validation"),
      createModel: (seed) => MultipleChoiceModel.create(checkpoint, { compute, maxSeqLength, seed }),
    };
  },

  load: (checkpoint, compute) => MultipleChoiceModel.load(checkpoint, compute),
};
