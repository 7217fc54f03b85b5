/**
 * Embeds SST-2's development sentences with libbert, one by one or all in one call, and prints the median milliseconds of
 * one, or how many went through in a second.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { readRows } from "../lib/data/readers/rows.js";
import { type LoadOptions, loadModel } from "../lib/index.js";
import { median } from "./median.js";

const { values: options } = parseArgs({
  options: {
    model: { type: "string", default: "../shared/data/models/all-minilm-l6-v2" },
    data: { type: "string", default: "../shared/data" },
    dtype: { type: "string", default: "float32" },
    "one-by-one": { type: "boolean", default: false },
  },
});

const WARM_UP = 30; // sentences
const REPEATS = 3;

const sentences: string[] = [];
for await (const rows of readRows(join(options.data, "sst2/dev.tsv")))
  sentences.push(...rows.map(({ fields }) => String(fields.sentence)));

await using model = await loadModel(options.model, {
  task: "features",
  dtype: options.dtype as LoadOptions["dtype"],
});

async function millisecondsFor(texts: readonly string[]): Promise<number> {
  const start = performance.now();
  await model.embed(texts);
  return performance.now() - start;
}

async function medianMilliseconds(calls: readonly (readonly string[])[]): Promise<number> {
  const milliseconds: number[] = [];
  for (const texts of calls) milliseconds.push(await millisecondsFor(texts));
  return median(milliseconds);
}

const alone = sentences.map((sentence) => [sentence]);
await medianMilliseconds(alone.slice(0, WARM_UP));
if (options["one-by-one"]) {
  console.log(await medianMilliseconds(alone));
} else {
  await model.embed(sentences);
  const milliseconds = await medianMilliseconds(new Array(REPEATS).fill(sentences));
  console.log((1000 * sentences.length) / milliseconds);
}
