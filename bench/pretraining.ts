/**
 * Pre-trains a new BERT on the same batches with transformers and with libbert, in turn on this machine, and prints
 * tokens per second of both. See bench/README.md.
 */
import { parseArgs } from "node:util";
import type { BertSize } from "../lib/models/model-config.js";
import { preparePretraining } from "./pretraining-speeds.js";
import { describeProcessor, suitingDType } from "./processor.js";
import { inTemporaryFolder } from "./temporary-folder.js";

const { values: options } = parseArgs({
  options: {
    python: { type: "string", default: "python3" },
    data: { type: "string" },
    size: { type: "string", default: "base" },
    "max-seq-length": { type: "string", default: "128" },
    "batch-size": { type: "string", default: "32" },
    steps: { type: "string", default: "5" },
    dtype: { type: "string" },
    device: { type: "string", default: "cpu" },
    compile: { type: "boolean", default: false },
    "short-sequences": { type: "string", default: "0.1" },
    repeats: { type: "string", default: "1" },
  },
});
const [batchSize, maxSeqLength] = [Number(options["batch-size"]), Number(options["max-seq-length"])];
const { python, data, device, compile } = options;
const dtype = options.dtype ?? (device === "cpu" ? suitingDType() : "bfloat16");

console.log(
  `${describeProcessor()}, ${device}, BERT-${options.size}, ${dtype}, ` +
    `${options.steps} steps of ${batchSize} sequences of up to ${maxSeqLength} tokens`,
);
await inTemporaryFolder(async (folder) => {
  const training = preparePretraining(folder, {
    ...{ data, device, batchSize, maxSeqLength },
    size: options.size as BertSize,
    steps: Number(options.steps),
    dtype: dtype as "float32" | "bfloat16",
    shortSequences: Number(options["short-sequences"]),
  });
  for (let repeat = 0; repeat < Number(options.repeats); repeat++) {
    // In turn, so that a machine that slows down slows both.
    const transformers = training.transformers({ python, compile });
    const libbert = await training.libbert();
    console.log(
      `transformers ${transformers.toFixed(0)} tokens/s (${(100 * training.padding).toFixed(1)} % padding), ` +
        `libbert ${libbert.toFixed(0)} tokens/s: ${(libbert / transformers).toFixed(2)}x`,
    );
  }
});
