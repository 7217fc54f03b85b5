/**
 * How fast BERT trains on a GPU: a table of real tokens a second, what share of the GPU's matrix rate that is, and
 * transformers on the same batches; then the losses of both from the same weights. Markdown on standard output, for
 * bench/results/. See bench/README.md.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { BertSize } from "../lib/models/model-config.js";
import { describeLibTorch, diagnose } from "../lib/runtime/diagnose.js";
import { prepareFineTuning } from "./fine-tuning-speeds.js";
import { readSentences } from "./labelled-texts.js";
import { lossCurves } from "./loss-curves.js";
import { matrixRate } from "./matrix-rate.js";
import { preparePretraining } from "./pretraining-speeds.js";
import type { PreparedTraining } from "./speeds.js";
import { inTemporaryFolder } from "./temporary-folder.js";

const { values: options } = parseArgs({
  options: {
    device: { type: "string", default: "cuda" },
    dtype: { type: "string", default: "bfloat16" },
    sizes: { type: "string", default: "base,large" },
    trainings: { type: "string", default: "sst2,up-to-128,up-to-512,full-512" },
    steps: { type: "string", default: "40" },
    "tokens-per-batch": { type: "string", default: "16384" },
    "matrix-size": { type: "string" },
    "curve-steps": { type: "string", default: "200" },
    python: { type: "string" },
    eager: { type: "boolean", default: false },
    data: { type: "string", default: "../shared/data" },
  },
});
const { device, python } = options;
const dtype = options.dtype as "float32" | "bfloat16";
const sizes = options.sizes.split(",") as BertSize[];
const vocabulary = join(options.data, "vocab/bert-base-uncased.txt");
const common = { device, dtype, steps: Number(options.steps) };

interface Training {
  title: string;
  prepare(folder: string, size: BertSize): PreparedTraining | Promise<PreparedTraining>;
}

function pretraining(title: string, maxSeqLength: number, shortSequences: number): Training {
  const batchSize = Math.max(1, Math.floor(Number(options["tokens-per-batch"]) / maxSeqLength));
  return {
    title: `pre-training, ${title}`,
    prepare: (folder, size) =>
      preparePretraining(folder, { ...common, size, maxSeqLength, shortSequences, batchSize }),
  };
}

function sentences(batchSize: number): Training {
  return {
    title: `fine-tuning, ${batchSize} sentences of SST-2`,
    prepare: async (folder, size) => {
      const texts = await readSentences(join(options.data, "sst2/train.tsv"), 2 * common.steps * batchSize);
      return prepareFineTuning(folder, { ...common, batchSize, maxSeqLength: 128, size, vocabulary, texts });
    },
  };
}

const TRAININGS: Record<string, Training> = {
  sst2: sentences(32),
  "sst2-by-8": sentences(8),
  "up-to-128": pretraining("up to 128 tokens", 128, 0.1),
  "up-to-512": pretraining("up to 512 tokens", 512, 0.1),
  "full-512": pretraining("512 tokens, none short", 512, 0),
};

function printHeader(rate: number): void {
  const { search, cuda } = diagnose();
  const gpu = device === "cpu" ? "CPU" : cuda?.devices[Number(device.split(":")[1] ?? 0)]?.name;
  console.log(`# ${gpu}, ${describeLibTorch(search.found!)}, ${new Date().toISOString().slice(0, 10)}\n`);
  const given = process.argv.slice(2).map((argument) => (argument === python ? "PYTHON" : argument));
  console.log(`\`${["node dist/bench/gpu.js", ...given].join(" ")}\`\n`);
  console.log(`Square products in ${dtype}: ${teraflops(rate)} TFLOP/s.\n`);
  const transformers = `transformers${options.eager ? "" : ", compiled"}`;
  const columns = ["BERT", "training", "libbert tokens/s", "TFLOP/s", "of the matrix rate"];
  const theirs = [`${transformers} tokens/s`, "its padding", "libbert is"];
  console.log(row([...columns, ...theirs]));
  console.log(row([...columns, ...theirs].map(() => "---")));
}

async function printSpeeds(
  size: BertSize,
  title: string,
  { flopsPerToken, padding, ...training }: PreparedTraining,
  rate: number,
): Promise<void> {
  const transformers = python && training.transformers({ python, compile: !options.eager });
  const libbert = await training.libbert();
  const flops = libbert * flopsPerToken;
  const ours = [size, title, libbert.toFixed(0), teraflops(flops), percent(flops / rate)];
  const theirs = transformers
    ? [transformers.toFixed(0), percent(padding), `${(libbert / transformers).toFixed(2)}x`]
    : ["not run", percent(padding), ""];
  console.log(row([...ours, ...theirs]));
}

async function printCurves(size: BertSize, program: string): Promise<void> {
  const steps = Number(options["curve-steps"]);
  const corpus = join(options.data, "corpus/reviews.jsonl");
  const inputs = { corpus, vocabulary, batchSize: 32, maxSeqLength: 128 };
  const { libbert, transformers } = await lossCurves({
    ...inputs,
    size,
    steps,
    device,
    dtype,
    python: program,
  });
  const apart = libbert.map((loss, step) => Math.abs(loss - transformers[step]!));
  console.log(`\nLosses of BERT-${size} from the same weights on the same ${steps} batches, no dropout:\n`);
  console.log(row(["updates", "libbert", "transformers", "mean difference", "largest"]));
  console.log(row(["---", "---", "---", "---", "---"]));
  const stretch = Math.ceil(steps / 10);
  for (let first = 0; first < steps; first += stretch) {
    const [some, others, between] = [libbert, transformers, apart].map((all) =>
      all.slice(first, first + stretch),
    );
    const figures = [mean(some!), mean(others!), mean(between!), Math.max(...between!)];
    console.log(
      row([`${first + 1} to ${first + some!.length}`, ...figures.map((figure) => figure.toFixed(4))]),
    );
  }
}

const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
const teraflops = (flops: number) => (flops / 1e12).toPrecision(3);
const percent = (share: number) => `${(100 * share).toFixed(0)} %`;
const mean = (figures: readonly number[]) =>
  figures.reduce((sum, figure) => sum + figure, 0) / figures.length;

const trainings = options.trainings.split(",").map((name) => {
  const training = TRAININGS[name];
  if (training) return training;
  throw new Error(`Expected ${Object.keys(TRAININGS).join(", ")} for --trainings but received ${name}`);
});
const matrixSize = options["matrix-size"];
const rate = matrixRate(device, dtype, matrixSize ? Number(matrixSize) : undefined);
printHeader(rate);
for (const size of sizes) {
  for (const { title, prepare } of trainings)
    await inTemporaryFolder(async (folder) => printSpeeds(size, title, await prepare(folder, size), rate));
}
if (python && options["curve-steps"] !== "0") await printCurves(sizes[0]!, python);
