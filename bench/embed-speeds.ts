/** Embeds SST-2's development sentences with libbert, one by one and all at once, and prints its speeds as JSON. */
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { parse } from "csv-parse";
import { loadModel } from "../lib/index.js";
import { median } from "./median.js";

const { values: options } = parseArgs({
  options: {
    model: { type: "string", default: "../shared/data/models/all-minilm-l6-v2" },
    data: { type: "string", default: "../shared/data" },
    dtype: { type: "string", default: "float32" },
  },
});

const WARM_UP = 30; // sentences
const REPEATS = 3;

const sentences: string[] = [];
const rows = createReadStream(join(options.data, "sst2/dev.tsv")).pipe(
  parse({ columns: true, delimiter: "\t", quote: null }),
);
for await (const { sentence } of rows) sentences.push(sentence);

await using model = await loadModel(options.model, {
  task: "features",
  dtype: options.dtype as "float32" | "bfloat16",
});

async function millisecondsFor(texts: readonly string[]): Promise<number> {
  const start = performance.now();
  await model.embed(texts);
  return performance.now() - start;
}

for (const sentence of sentences.slice(0, WARM_UP)) await model.embed([sentence]);
const alone: number[] = [];
for (const sentence of sentences) alone.push(await millisecondsFor([sentence]));
const together: number[] = [];
for (let repeat = 0; repeat < REPEATS; repeat++) together.push(await millisecondsFor(sentences));
console.log(
  JSON.stringify({
    oneMilliseconds: median(alone),
    sentencesPerSecond: (1000 * sentences.length) / median(together),
  }),
);
