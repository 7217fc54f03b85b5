import { countClasses } from "../../data/class-weights.js";
import { readClassificationExamples } from "../../data/classification-rows.js";
import { labelIds, trainingLabels } from "../../data/labels.js";
import { longestInput, notFineTuned, storedLabels } from "../checkpoint.js";
import type { Task } from "../fine-tuning/task.js";
import { readSplits, withTargets } from "../sequence/examples.js";
import { newNetwork, storedNetwork } from "../sequence/network.js";
import { ClassificationModel } from "./model.js";

/** One label for each text or pair. */
export const classification: Task = {
  defaultMaxSeqLength: 128,

  async prepare(checkpoint, settings, compute, { signal }) {
    const { maxSeqLength } = settings;
    const reader = { tokenizer: checkpoint.tokenizer, maxSeqLength };
    const { train, validation } = await readSplits(readClassificationExamples, settings, reader, signal);
    const labels = trainingLabels(train.labels, settings.labels);
    const classes = labelIds(train, labels);
    return {
      train: {
        ...withTargets(train, classes, reader),
        itemClasses: classes,
        classCounts: countClasses(classes, labels.length),
      },
      ...(validation && { validation: withTargets(validation, labelIds(validation, labels), reader) }),
      createModel: (seed) => {
        const network = newNetwork(checkpoint, "single_label_classification", labels, seed);
        return new ClassificationModel({ ...checkpoint, network, compute, maxSeqLength }, labels);
      },
    };
  },

  load(checkpoint, compute) {
    const labels = storedLabels(checkpoint.config);
    if (labels.length < 2) throw notFineTuned(checkpoint);
    const network = storedNetwork(checkpoint, labels.length);
    return new ClassificationModel(
      { ...checkpoint, network, compute, maxSeqLength: longestInput(checkpoint) },
      labels,
    );
  },
};
