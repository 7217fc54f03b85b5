import { join } from "node:path";
import { trainingLabels } from "../../data/labels.js";
import { LibbertError } from "../../errors.js";
import { storedLabels } from "../checkpoint.js";
import type { Task } from "../fine-tuning/task.js";
import { readEncodedExamples, withClasses } from "./examples.js";
import { ClassificationModel } from "./model.js";

/** One label for each text or pair. */
export const classification: Task = {
  async prepare(checkpoint, settings, compute, { signal }) {
    const { maxSeqLength, columns } = settings;
    const reader = { tokenizer: checkpoint.tokenizer, maxSeqLength };
    const read = (name: "train" | "validation", limit?: number) =>
      readEncodedExamples(settings[name]!, reader, { name, columns, limit, signal });

    const encoded = await read("train", settings.limit);
    const labels = trainingLabels(encoded.labels, settings.labels);
    const train = withClasses(encoded, labels, reader);
    const validation =
      settings.validation === undefined ? undefined : withClasses(await read("validation"), labels, reader);
    return {
      train,
      validation,
      createModel: (seed) => ClassificationModel.create(checkpoint, labels, { compute, maxSeqLength, seed }),
    };
  },

  load(checkpoint, compute) {
    if (storedLabels(checkpoint.config).length >= 2) return ClassificationModel.load(checkpoint, compute);
    throw new LibbertError(
      "ERR_CHECKPOINT",
      `Expected the labels of a classifier (id2label) in ${join(checkpoint.directory, "config.json")}: this model was not fine-tuned`,
    );
  },
};
