/**
 * Pre-trains a new BERT on the same batches with transformers and with libbert, in turn on this machine, and prints
 * tokens per second of both. See bench/README.md.
 */
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import type { BertSize } from "../lib/models/model-config.js";
import { pretrainingSpeeds } from "./pretraining-speeds.js";

const { values: options } = parseArgs({
  options: {
    python: { type: "string", default: "python3" },
    data: { type: "string" },
    size: { type: "string", default: "base" },
    "max-seq-length": { type: "string", default: "128" },
    "batch-size": { type: "string", default: "32" },
    steps: { type: "string", default: "5" },
    dtype: { type: "string", default: "bfloat16" },
    device: { type: "string", default: "cpu" },
    compile: { type: "boolean", default: false },
    "short-sequences": { type: "string", default: "0.1" },
    repeats: { type: "string", default: "1" },
  },
});
const [batchSize, maxSeqLength] = [Number(options["batch-size"]), Number(options["max-seq-length"])];
const { python, data, device, compile } = options;

console.log(
  `${cpus()[0]?.model.trim()}, ${cpus().length} cores, ${device}, BERT-${options.size}, ${options.dtype}, ` +
    `${options.steps} steps of ${batchSize} sequences of up to ${maxSeqLength} tokens`,
);
for (let repeat = 0; repeat < Number(options.repeats); repeat++) {
  // Interleaved, so that a machine that slows down slows both.
  const { libbert, transformers, padding } = pretrainingSpeeds({
    ...{ python, data, device, compile, batchSize, maxSeqLength },
    size: options.size as BertSize,
    steps: Number(options.steps),
    dtype: options.dtype as "float32" | "bfloat16",
    shortSequences: Number(options["short-sequences"]),
  });
  console.log(
    `transformers ${transformers!.toFixed(0)} tokens/s (${(100 * padding).toFixed(1)} % padding), ` +
      `libbert ${libbert.toFixed(0)} tokens/s: ${(libbert / transformers!).toFixed(2)}x`,
  );
}
