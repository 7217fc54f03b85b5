/**
 * How many labels that were made wrong `inspectData()` finds: in rows of SST-2 some labels are flipped, and the rows that it suspects are
 * gone through, the surest first. See bench/README.md.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { CounterRandom } from "../lib/counter-random.js";
import { inspectData } from "../lib/index.js";

const { values: options } = parseArgs({
  options: {
    data: { type: "string", default: "../shared/data" },
    rows: { type: "string", default: "6000" },
    flipped: { type: "string", default: "0.05" },
    seeds: { type: "string", default: "1,2,3" },
    folds: { type: "string", default: "5" },
    epochs: { type: "string", default: "2" },
    "batch-size": { type: "string", default: "16" },
    "learning-rate": { type: "string", default: "1e-4" },
    dtype: { type: "string", default: "auto" },
  },
});
const ROWS = Number(options.rows);

const lines = readFileSync(join(options.data, "sst2/train.tsv"), "utf8").split("\n");
const rows = lines.slice(1, ROWS + 1).map((line) => {
  const [text, label] = line.split("\t");
  return { text: text!, label: label! };
});

/** The numbers of the rows whose label is made wrong. */
function flippedRows(seed: number): ReadonlySet<number> {
  const order = Int32Array.from(rows.keys());
  new CounterRandom(seed, 0).shuffle(order);
  return new Set(order.subarray(0, Math.round(ROWS * Number(options.flipped))));
}

for (const seed of options.seeds.split(",").map(Number)) {
  const flipped = flippedRows(seed);
  const data = rows.map(({ text, label }, row) => ({
    text,
    label: flipped.has(row) ? (label === "0" ? "1" : "0") : label,
  }));
  const { labelErrors } = await inspectData({
    ...{ task: "classification", data, model: join(options.data, "models/all-minilm-l6-v2"), seed },
    ...{ findLabelErrors: true, folds: Number(options.folds), epochs: Number(options.epochs) },
    ...{ batchSize: Number(options["batch-size"]), learningRate: Number(options["learning-rate"]) },
    dtype: options.dtype as "auto" | "float32" | "bfloat16",
    onProgress: (event) => event.type === "fold" && console.error(`seed ${seed}, model ${event.fold}`),
  });
  const suspects = labelErrors!.suspects.map(({ location }) => Number(/\d+$/.exec(location)![0]) - 1);
  const foundAmong = (share: number) =>
    suspects.slice(0, Math.round(ROWS * share)).filter((row) => flipped.has(row)).length / flipped.size;
  const found = [0.05, 0.1, 0.15].map((share) => `${foundAmong(share).toFixed(3)} in ${100 * share} %`);
  console.log(
    `seed ${seed}: ${suspects.length} rows suspected; of the flipped labels ${found.join(", ")} of the rows`,
  );
}
