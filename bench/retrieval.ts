/**
 * Trains vectors of questions and their paragraphs (XQuAD, English) with libbert and with sentence-transformers, on the same pairs
 * with the same settings, in turn on this machine, and prints for each seed how well the questions of other paragraphs find
 * theirs, and the seconds of training. See bench/README.md.
 */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { CounterRandom } from "../lib/counter-random.js";
import { fineTune, loadModel } from "../lib/index.js";
import { packageRoot } from "../lib/runtime/paths.js";
import { describeProcessor, suitingDType } from "./processor.js";
import { runProgram } from "./run-program.js";
import { inTemporaryFolder } from "./temporary-folder.js";

const { values: options } = parseArgs({
  options: {
    python: { type: "string" },
    model: { type: "string", default: "../shared/data/models/all-minilm-l6-v2" },
    data: { type: "string", default: "../shared/data" },
    dtype: { type: "string", default: suitingDType() },
    seeds: { type: "string", default: "1,2,3" },
    trained: { type: "string", default: "160" }, // of 240 paragraphs
    "num-negatives": { type: "string" }, // mined before each epoch: libbert alone does
    "relative-margin": { type: "string" }, // of these
  },
});
const { python, data } = options;
const dtype = options.dtype as "float32" | "bfloat16";

const TRAINED = Number(options.trained);
const SETTINGS = { epochs: 2, batchSize: 32, learningRate: 2e-5, maxSeqLength: 256 };

const numberOf = (text: string | undefined) => (text === undefined ? undefined : Number(text));
const MINING = {
  numNegatives: numberOf(options["num-negatives"]),
  relativeMargin: numberOf(options["relative-margin"]),
};

interface Squad {
  data: { paragraphs: { context: string; qas: { question: string }[] }[] }[];
}

/** Questions with their paragraphs, those of some paragraphs to train on and of the others to evaluate on. */
function writePairs(folder: string): { train: string; validation: string } {
  const squad: Squad = JSON.parse(readFileSync(join(data, "xquad/xquad.en.json"), "utf8"));
  const paragraphs = squad.data.flatMap((article) => article.paragraphs);
  const order = Int32Array.from(paragraphs.keys());
  new CounterRandom(1, 0).shuffle(order);
  const write = (name: string, some: Int32Array) => {
    const rows = Array.from(some, (index) => paragraphs[index]!).flatMap(({ context, qas }) =>
      qas.map(({ question }) => ({ query: question, positive: context })),
    );
    writeFileSync(join(folder, name), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
    return join(folder, name);
  };
  return {
    train: write("train.jsonl", order.subarray(0, TRAINED)),
    validation: write("validation.jsonl", order.subarray(TRAINED)),
  };
}

/** The model with a pooling that every version of sentence-transformers reads. */
function writeBase(folder: string): string {
  const base = join(folder, "base");
  cpSync(options.model, base, { recursive: true });
  mkdirSync(join(base, "1_Pooling"), { recursive: true });
  const { hidden_size } = JSON.parse(readFileSync(join(base, "config.json"), "utf8"));
  const pooling = { word_embedding_dimension: hidden_size, pooling_mode_mean_tokens: true };
  writeFileSync(join(base, "1_Pooling/config.json"), JSON.stringify(pooling));
  return base;
}

interface Run {
  model: string;
  train: string;
  outputDir: string;
  seed: number;
}

/** @returns the seconds from the first update's start to the last one's end */
async function trainWithLibbert(run: Run): Promise<number> {
  let [start, end] = [0, 0];
  await using _ = await fineTune({
    ...{ task: "embedding", ...SETTINGS, ...MINING, ...run, dtype, overwrite: true },
    onProgress: ({ type }) => {
      if (type === "start") start = performance.now();
      if (type === "step") end = performance.now();
    },
  });
  return (end - start) / 1000;
}

function trainWithSentenceTransformers(program: string, { model, train, outputDir, seed }: Run): number {
  const script = join(packageRoot, "bench/sentence_transformers_loop.py");
  const { epochs, batchSize, learningRate, maxSeqLength } = SETTINGS;
  const settings = {
    epochs,
    "batch-size": batchSize,
    "learning-rate": learningRate,
    "max-seq-length": maxSeqLength,
  };
  const flags = Object.entries({ ...settings, seed, dtype }).flatMap(([name, value]) => [
    `--${name}`,
    String(value),
  ]);
  const lines = runProgram(program, [script, model, train, outputDir, ...flags])
    .trimEnd()
    .split("\n");
  return JSON.parse(lines.at(-1)!).seconds; // before it stands what the trainer says
}

async function printRow(name: string, folder: string, validation: string, seconds?: number): Promise<void> {
  await using model = await loadModel(folder, { task: "embedding", dtype: "float32" });
  const { accuracyAt1, mrrAt10 } = await model.evaluate(validation);
  const figures = [accuracyAt1!.toFixed(4), mrrAt10!.toFixed(4), seconds?.toFixed(1) ?? ""];
  console.log(`| ${[name, ...figures].join(" | ")} |`);
}

await inTemporaryFolder(async (folder) => {
  const { train, validation } = writePairs(folder);
  const model = writeBase(folder);
  console.log(`${describeProcessor()}, ${dtype}\n\n| | recall@1 | MRR@10 | seconds |\n|---|---|---|---|`);
  await printRow("before", model, validation);
  for (const seed of options.seeds.split(",").map(Number)) {
    const outputDir = join(folder, "tuned");
    const run = { model, train, outputDir, seed };
    await printRow(`libbert, seed ${seed}`, outputDir, validation, await trainWithLibbert(run));
    if (python === undefined) continue;
    const theirs = join(folder, "theirs");
    const seconds = trainWithSentenceTransformers(python, { ...run, outputDir: theirs });
    await printRow(`sentence-transformers, seed ${seed}`, theirs, validation, seconds);
  }
});
