import { readRegressionExamples } from "../../data/regression-rows.js";
import { longestInput } from "../checkpoint.js";
import type { Task } from "../fine-tuning/task.js";
import { readSplits, withTargets } from "../sequence/examples.js";
import { newNetwork, storedNetwork } from "../sequence/network.js";
import { REGRESSION_OUTPUT, RegressionModel } from "./model.js";

/** A number for each text or pair. */
export const regression: Task = {
  defaultMaxSeqLength: 128,

  async prepare(checkpoint, settings, compute, { signal }) {
    const { maxSeqLength } = settings;
    const reader = { tokenizer: checkpoint.tokenizer, maxSeqLength };
    const { train, validation } = await readSplits(readRegressionExamples, settings, reader, signal);
    return {
      train: withTargets(train, train.labels, reader),
      ...(validation && { validation: withTargets(validation, validation.labels, reader) }),
      createModel: (seed) => {
        const network = newNetwork(checkpoint, "regression", REGRESSION_OUTPUT, seed);
        return new RegressionModel({ ...checkpoint, network, compute, maxSeqLength });
      },
    };
  },

  load(checkpoint, compute) {
    const network = storedNetwork(checkpoint, REGRESSION_OUTPUT.length);
    return new RegressionModel({
      ...checkpoint,
      network,
      compute,
      maxSeqLength: longestInput(checkpoint),
    });
  },
};
