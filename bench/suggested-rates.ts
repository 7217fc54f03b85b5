/**
 * Whether the rate that `findLearningRate()` suggests trains as well as the best of a grid: for each model, data set and
 * seed, the score of a short training at each rate of the grid and at the suggestion. See bench/README.md.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type FineTuneOptions, findLearningRate, fineTune } from "../lib/index.js";
import { writeRandomCheckpoint } from "./random-checkpoint.js";

const { values: options } = parseArgs({
  options: {
    data: { type: "string", default: "../shared/data" },
    sets: { type: "string", default: "sst2,wnut17,rte" },
    models: { type: "string", default: "minilm,mini" },
    seeds: { type: "string", default: "1,2,3" },
    rates: { type: "string", default: "2e-5,5e-5,1e-4,2e-4,4e-4,8e-4,1.6e-3" },
    rows: { type: "string", default: "1000" },
    "batch-size": { type: "string", default: "16" },
    output: { type: "string", default: "runs/suggested-rates" },
  },
});
const seeds = options.seeds.split(",").map(Number);
const rates = options.rates.split(",").map(Number);
mkdirSync(options.output, { recursive: true });

type RangeOptions = Parameters<typeof findLearningRate>[0];
type Training = Pick<FineTuneOptions, "task" | "train" | "validation" | "model" | "limit" | "batchSize">;

const SETS: Record<string, Omit<Training, "model">> = {
  sst2: setOf("classification", "sst2", "tsv"),
  wnut17: setOf("token-classification", "wnut17", "conll"),
  rte: setOf("classification", "rte", "tsv"),
};

function setOf(task: Training["task"], folder: string, extension: string): Omit<Training, "model"> {
  const file = (part: string) => join(options.data, folder, `${part}.${extension}`);
  return {
    task,
    train: file("train"),
    validation: file("dev"),
    limit: Number(options.rows),
    batchSize: Number(options["batch-size"]),
  };
}

/** The folder of a model: one that was pre-trained, or one of random weights. */
async function modelFolder(name: string): Promise<string> {
  if (name === "minilm") return join(options.data, "models/all-minilm-l6-v2");
  const folder = join(options.output, name);
  const vocabulary = join(options.data, "vocab/bert-base-uncased.txt");
  if (!existsSync(folder)) await writeRandomCheckpoint(folder, { size: "mini", vocabulary, dropout: 0.1 });
  return folder;
}

/** Computes a value once; a later run of this program finds it in its file. */
async function once<Value>(key: string, compute: () => Promise<Value>): Promise<Value> {
  const file = join(options.output, "results.jsonl");
  const lines = existsSync(file) ? readFileSync(file, "utf8").trimEnd().split("\n") : [];
  const stored = lines.map((line) => JSON.parse(line)).find((entry) => entry.key === key);
  if (stored) return stored.value;
  const value = await compute();
  appendFileSync(file, `${JSON.stringify({ key, value })}\n`);
  return value;
}

/** The task's first metric after one epoch at a rate. */
async function score(training: Training, learningRate: number, seed: number): Promise<number> {
  await using model = await fineTune({
    ...training,
    learningRate,
    seed,
    epochs: 1,
    groupByLength: true,
  } as FineTuneOptions);
  const metrics = model.training!.metrics as unknown as Record<string, number>;
  return training.task === "token-classification" ? metrics.f1! : metrics.accuracy!;
}

const mean = (numbers: readonly number[]) =>
  numbers.reduce((sum, number) => sum + number, 0) / numbers.length;

const shown = (scores: readonly number[]) =>
  `${mean(scores).toFixed(3)} (${scores.map((value) => value.toFixed(3)).join(", ")})`;

/** One row of the table: the suggestion beside the grid, each with all seeds. */
async function compare(modelName: string, set: string): Promise<string> {
  const training = { ...SETS[set]!, model: await modelFolder(modelName) };
  const key = `${modelName} ${set} ${options.rows} ${options["batch-size"]}`;
  const { validation: _, ...range } = { ...training, seed: seeds[0]!, groupByLength: true };
  const { suggestion } = await once(`${key} range`, () => findLearningRate(range as RangeOptions));
  const scoresAt = async (rate: number) => {
    const scores: number[] = [];
    for (const seed of seeds)
      scores.push(await once(`${key} ${rate} ${seed}`, () => score(training, rate, seed)));
    return { rate, scores };
  };
  const grid: { rate: number; scores: number[] }[] = [];
  for (const rate of rates) grid.push(await scoresAt(rate));
  const best = grid.reduce((a, b) => (mean(b.scores) > mean(a.scores) ? b : a));
  const suggested =
    suggestion === null
      ? ["none", ""]
      : [suggestion.toExponential(1), shown((await scoresAt(suggestion)).scores)];
  return [modelName, set, ...suggested, shown(best.scores), best.rate.toExponential(0)].join(" | ");
}

console.log("| model | data | suggested | score there | best of the grid | its rate |");
console.log("|---|---|---|---|---|---|");
for (const model of options.models.split(",")) {
  for (const set of options.sets.split(",")) console.log(`| ${await compare(model, set)} |`);
}
