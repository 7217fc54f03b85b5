/**
 * What bfloat16 changes in a model's answers: a classifier and a regression, trained on SST-2, predict its development
 * sentences in float32 and in bfloat16. See bench/README.md.
 */
import { createReadStream, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { parse } from "csv-parse";
import { fineTune, type LoadedModel, loadModel } from "../lib/index.js";

const { values: options } = parseArgs({
  options: {
    model: { type: "string", default: "../shared/data/models/all-minilm-l6-v2" },
    data: { type: "string", default: "../shared/data" },
    limit: { type: "string", default: "4000" },
    repeats: { type: "string", default: "3" },
  },
});

const ALONE = 200; // sentences that are also predicted one by one
const DTYPES = ["float32", "bfloat16"] as const;
type DType = (typeof DTYPES)[number];

interface Run {
  /** A score or a probability for each sentence. */
  numbers: number[];
  /** How far the first sentences' numbers are from what they get alone in a batch. */
  neighbours: number;
  sentencesPerSecond: number;
}

const train = join(options.data, "sst2/train.tsv");
const sentences: string[] = [];
const rows = createReadStream(join(options.data, "sst2/dev.tsv")).pipe(
  parse({ columns: true, delimiter: "\t", quote: null }),
);
for await (const { sentence } of rows) sentences.push(sentence);

const folder = mkdtempSync(join(tmpdir(), "libbert-dtypes-"));
try {
  for (const task of ["classification", "regression"] as const) {
    const directory = join(folder, task);
    const common = { model: options.model, train, outputDir: directory, epochs: 1, batchSize: 32, seed: 1 };
    await using _ = await fineTune({ task, ...common, limit: Number(options.limit) });
    console.log(`${task}: ${compared(await predictions(directory))}`);
  }
} finally {
  rmSync(folder, { recursive: true });
}

/** Both types in turn, the median speed of the repeats. */
async function predictions(directory: string): Promise<Record<DType, Run>> {
  const runs: Record<DType, Run[]> = { float32: [], bfloat16: [] };
  for (let repeat = 0; repeat < Number(options.repeats); repeat++)
    for (const dtype of DTYPES) runs[dtype].push(await predicted(directory, dtype));
  const median = (own: Run[]) =>
    [...own].sort((a, b) => a.sentencesPerSecond - b.sentencesPerSecond)[own.length >> 1]!;
  return { float32: median(runs.float32), bfloat16: median(runs.bfloat16) };
}

async function predicted(directory: string, dtype: DType): Promise<Run> {
  await using model = await loadModel(directory, { dtype });
  await model.features(sentences.slice(0, 64)); // memory and kernels are made ready
  const start = performance.now();
  const numbers = await numbersOf(model, sentences);
  const seconds = (performance.now() - start) / 1000;
  let neighbours = 0;
  for (const [index, sentence] of sentences.slice(0, ALONE).entries()) {
    const [alone] = await numbersOf(model, [sentence]);
    neighbours = Math.max(neighbours, Math.abs(alone! - numbers[index]!));
  }
  return { numbers, neighbours, sentencesPerSecond: sentences.length / seconds };
}

async function numbersOf(model: LoadedModel, texts: string[]): Promise<number[]> {
  if (model.task === "classification") {
    const answers = await model.predict(texts);
    return answers.map(({ scores }) => scores["1"]!);
  }
  if (model.task === "regression") {
    const answers = await model.predict(texts);
    return answers.map(({ score }) => score);
  }
  throw new Error(`No numbers for ${model.task}`);
}

function compared({ float32, bfloat16 }: Record<DType, Run>): string {
  const differences = float32.numbers.map((number, index) => Math.abs(number - bfloat16.numbers[index]!));
  const mean = differences.reduce((sum, difference) => sum + difference, 0) / differences.length;
  const distinct = ({ numbers }: Run) => new Set(numbers.slice(0, 300)).size;
  return [
    `of 300 sentences ${distinct(float32)} different numbers in float32, ${distinct(bfloat16)} in bfloat16`,
    `they differ by ${mean.toFixed(5)} on average, ${Math.max(...differences).toFixed(5)} at most`,
    `neighbours move them by ${float32.neighbours.toExponential(1)} at most, ${bfloat16.neighbours.toExponential(1)} in bfloat16`,
    `${float32.sentencesPerSecond.toFixed(0)} and ${bfloat16.sentencesPerSecond.toFixed(0)} sentences/s`,
  ].join("; ");
}
