import { labelSets, trainingLabels } from "../../data/labels.js";
import { readMultiLabelExamples } from "../../data/multi-label-rows.js";
import { DEFAULT_THRESHOLD } from "../../metrics/thresholds.js";
import { longestInput, notFineTuned, storedLabels } from "../checkpoint.js";
import type { Task } from "../fine-tuning/task.js";
import { readSplits, withTargets } from "../sequence/examples.js";
import { newNetwork, storedNetwork } from "../sequence/network.js";
import { MultiLabelModel } from "./model.js";

/** Any number of labels for each text or pair. */
export const multiLabel: Task = {
  defaultMaxSeqLength: 128,

  async prepare(checkpoint, settings, compute, { signal }) {
    const { maxSeqLength, threshold = DEFAULT_THRESHOLD } = settings;
    const isTuned = threshold === "tuned";
    const reader = { tokenizer: checkpoint.tokenizer, maxSeqLength };
    const { train, validation } = await readSplits(readMultiLabelExamples, settings, reader, signal);
    const labels = trainingLabels(train.labels.flat(), settings.labels);
    const thresholds = labels.map(() => (isTuned ? DEFAULT_THRESHOLD : threshold));
    return {
      train: withTargets(train, labelSets(train, labels), reader),
      ...(validation && {
        validation: {
          ...withTargets(validation, labelSets(validation, labels), reader),
          tunesThresholds: isTuned,
        },
      }),
      createModel: (seed) => {
        const network = newNetwork(checkpoint, "multi_label_classification", labels, seed);
        return new MultiLabelModel({ ...checkpoint, network, compute, maxSeqLength }, labels, thresholds);
      },
    };
  },

  load(checkpoint, compute) {
    const labels = storedLabels(checkpoint.config);
    if (labels.length === 0) throw notFineTuned(checkpoint);
    const network = storedNetwork(checkpoint, labels.length);
    const { label_thresholds: stored } = checkpoint.config;
    return new MultiLabelModel(
      { ...checkpoint, network, compute, maxSeqLength: longestInput(checkpoint) },
      labels,
      labels.map((label) => stored?.[label] ?? DEFAULT_THRESHOLD),
    );
  },
};
