/**
 * Whether speed depends on the size of batches, on the mix of lengths, or on how long a run has been going. See
 * bench/README.md.
 *
 *   node dist/bench/growth.js
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { FineTuneStep } from "../lib/fine-tuning/events.js";
import { fineTune } from "../lib/index.js";
import { type LabelledText, readLongTexts, readSentences } from "./labelled-texts.js";

const { values } = parseArgs({
  options: {
    model: { type: "string", default: "../shared/data/models/all-minilm-l6-v2" },
    data: { type: "string", default: "../shared/data" },
    "batch-sizes": { type: "string", default: "8,16,32,64,128" },
    rows: { type: "string", default: "2560" },
    updates: { type: "string", default: "10000" },
    words: { type: "string", default: "13" }, // of each of the texts that are alike; SST-2's phrases have about that many tokens
  },
});
/** Of its training set. */
const SST2_ROWS = 67_349;
const rows = Number(values.rows);
const updates = Number(values.updates);
if (!(updates >= 40)) throw new Error(`Expected 40 or more for --updates but received ${values.updates}`);

/** Trains a classifier. @returns one event for each update */
async function steps(texts: readonly LabelledText[], batchSize: number, epochs = 1): Promise<FineTuneStep[]> {
  const seen: FineTuneStep[] = [];
  const model = await fineTune({
    task: "classification",
    model: values.model,
    train: texts.map((row) => ({ ...row })),
    batchSize,
    epochs,
    learningRate: 5e-5,
    onProgress: (event) => {
      if (event.type === "step") seen.push(event);
    },
  });
  await model.dispose();
  return seen;
}

/** Rows a second between two updates. */
function speedBetween(from: FineTuneStep, to: FineTuneStep, batchSize: number): number {
  const seconds = ({ step, sequencesPerSecond }: FineTuneStep) => (step * batchSize) / sequencesPerSecond;
  return ((to.step - from.step) * batchSize) / (seconds(to) - seconds(from));
}

const mixed = await readSentences(join(values.data, "sst2/train.tsv"), rows);
const alike = await readLongTexts(join(values.data, "corpus/reviews.jsonl"), rows, Number(values.words));
for (const [name, texts] of [
  ["SST-2", mixed],
  [`${values.words} words each`, alike],
] as const) {
  for (const batchSize of values["batch-sizes"].split(",").map(Number)) {
    const { tokensPerSecond } = (await steps(texts, batchSize)).at(-1)!;
    console.log(`${name}, batches of ${batchSize}: ${tokensPerSecond.toFixed(0)} tokens/s`);
  }
}

const batchSize = 8;
const window = Math.min(500, Math.floor(updates / 4));
const all = await readSentences(
  join(values.data, "sst2/train.tsv"),
  Math.min(updates * batchSize, SST2_ROWS),
);
const long = await steps(all, batchSize, (updates * batchSize) / all.length);
const early = speedBetween(long[9]!, long[9 + window]!, batchSize);
const late = speedBetween(long.at(-1 - window)!, long.at(-1)!, batchSize);
console.log(
  `batches of ${batchSize}: ${early.toFixed(0)} rows/s from update 10 on, ${late.toFixed(0)} in the last ${window} of ${long.length}`,
);
