import { CheckpointWeights } from "../../checkpoint/weights.js";
import type { Task } from "../fine-tuning/task.js";
import { readWindows } from "./examples.js";
import { MaskedWordsModel } from "./model.js";

/** Masked words in texts of one's own, before another task is learned: the encoder gets to know their language. */
export const maskedWords: Task = {
  defaultMaxSeqLength: 128,

  async prepare(checkpoint, settings, compute, { signal, emit }) {
    const { maxSeqLength, columns, maskRate, wholeWord } = settings;
    const reader = { tokenizer: checkpoint.tokenizer, maxSeqLength };
    const read = (name: "train" | "validation", limit?: number) =>
      readWindows(settings[name]!, reader, { name, columns, limit, signal });
    if (!hasHead(checkpoint.directory))
      emit({ type: "notice", message: "the checkpoint has no masked-word head: it gets a new one" });
    return {
      train: await read("train", settings.limit),
      validation: settings.validation === undefined ? undefined : await read("validation"),
      createModel: (seed) =>
        MaskedWordsModel.create(checkpoint, { compute, maxSeqLength, seed, maskRate, wholeWord }),
    };
  },

  load: (checkpoint, compute) => MaskedWordsModel.load(checkpoint, compute),
};

function hasHead(directory: string): boolean {
  using weights = new CheckpointWeights(directory);
  return weights.names().some((name) => name.startsWith("cls.predictions."));
}
