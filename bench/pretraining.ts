/**
 * Pre-trains a new BERT on the same batches with transformers and with libbert, in turn on this machine, and prints
 * tokens per second of both. See bench/README.md.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ShardedCorpus } from "../lib/data/corpus/sharded-corpus.js";
import { type PretrainingBatch, PretrainingEpoch } from "../lib/data/pretraining/pretraining-epoch.js";
import { type TensorToStore, writeSafetensors } from "../lib/files/safetensors.js";
import { type BertSize, bertPreset } from "../lib/models/bert-config.js";
import { packageRoot } from "../lib/runtime/paths.js";
import { writeMadeCorpus } from "./made-corpus.js";
import { runProgram } from "./run-program.js";

const { values: options } = parseArgs({
  options: {
    python: { type: "string", default: "python3" },
    data: { type: "string" },
    size: { type: "string", default: "base" },
    "max-seq-length": { type: "string", default: "128" },
    "batch-size": { type: "string", default: "32" },
    steps: { type: "string", default: "5" },
    dtype: { type: "string", default: "bfloat16" },
    "short-sequences": { type: "string", default: "0.1" },
    repeats: { type: "string", default: "1" },
  },
});
const batchSize = Number(options["batch-size"]);
const maxSeqLength = Number(options["max-seq-length"]);
const shortSequenceProbability = Number(options["short-sequences"]);
const steps = Number(options.steps) + 1; // the first, in which memory and kernels are made ready, does not count
const SEED = 1;

/** The batches that `libbert pretrain` draws in these steps. */
function drawBatches(corpus: ShardedCorpus): PretrainingBatch[] {
  const epoch = new PretrainingEpoch(corpus, { seed: SEED, maxSeqLength, shortSequenceProbability }, 0);
  if (epoch.size < steps * batchSize) throw new Error(`The corpus has only ${epoch.size} sequences`);
  return Array.from({ length: steps }, (_, step) => epoch.batch(step * batchSize, batchSize));
}

/** A batch as transformers takes it: padded to the longest sequence, with -100 for what is not to be predicted. */
function paddedTensors({ packed, maskedPositions, maskedLabels, nextSentenceLabels }: PretrainingBatch) {
  const { cuSeqlens, maxSeqlen } = packed;
  const rows = cuSeqlens.length - 1;
  const words = new Int32Array(packed.inputIds.length).fill(-100);
  for (const [index, position] of maskedPositions.entries()) words[position] = maskedLabels[index]!;
  const padded = (values: Int32Array, filling: number) => {
    const all = new Int32Array(rows * maxSeqlen).fill(filling);
    for (let row = 0; row < rows; row++)
      all.set(values.subarray(cuSeqlens[row], cuSeqlens[row + 1]), row * maxSeqlen);
    return { shape: [rows, maxSeqlen], values: all };
  };
  return {
    input_ids: padded(packed.inputIds, 0),
    token_type_ids: padded(packed.tokenTypeIds, 0),
    attention_mask: padded(new Int32Array(words.length).fill(1), 0),
    labels: padded(words, -100),
    next_sentence_label: { shape: [rows], values: nextSentenceLabels! },
  };
}

function writeBatches(path: string, batches: readonly PretrainingBatch[]): void {
  const tensors = new Map<string, TensorToStore>();
  for (const [step, batch] of batches.entries()) {
    for (const [name, { shape, values }] of Object.entries(paddedTensors(batch)))
      tensors.set(`${step}.${name}`, { dtype: "int32", shape, bytes: () => new Uint8Array(values.buffer) });
  }
  writeSafetensors(path, tensors);
}

/** Seconds of each step. */
function trainWithTransformers(batches: string, config: string): number[] {
  const program = join(packageRoot, "bench/pretraining.py");
  return JSON.parse(runProgram(options.python, [program, batches, config, "--dtype", options.dtype])).seconds;
}

/** Seconds of each step, with all that the command does in one: drawing the batch, the update, the log. */
function trainWithLibbert(data: string, outputDir: string, tokens: readonly number[]): number[] {
  runProgram(process.execPath, [
    ...[
      join(import.meta.dirname, "../lib/cli/main.js"),
      "pretrain",
      "--data",
      data,
      "--output-dir",
      outputDir,
    ],
    ...["--size", options.size, "--steps", String(steps), "--batch-size", String(batchSize)],
    ...["--max-seq-length", String(maxSeqLength), "--dtype", options.dtype, "--optimizer", "adamw"],
    ...["--short-sequence-probability", String(shortSequenceProbability), "--seed", String(SEED)],
    ...["--log-every", "1", "--evaluation-sequences", "1"],
  ]);
  const lines = readFileSync(join(outputDir, "log.jsonl"), "utf8").trimEnd().split("\n");
  const logs = lines.map((line) => JSON.parse(line)).filter(({ type }) => type === "log");
  return logs.map(({ tokensPerSecond }, step) => tokens[step]! / tokensPerSecond);
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

const folder = mkdtempSync(join(tmpdir(), "libbert-bench-"));
try {
  const data = options.data ?? join(folder, "shards");
  if (options.data === undefined) {
    mkdirSync(data);
    writeMadeCorpus(data, 8 * steps * batchSize * maxSeqLength);
  }
  using corpus = ShardedCorpus.open(data);
  const batches = drawBatches(corpus);
  const [batchFile, configFile] = [join(folder, "batches.safetensors"), join(folder, "config.json")];
  writeBatches(batchFile, batches);
  const config = bertPreset(options.size as BertSize, { vocab_size: corpus.vocabulary.size });
  writeFileSync(configFile, JSON.stringify(config));

  const tokens = batches.map(({ packed }) => packed.inputIds.length);
  const slots = sum(batches.map(({ packed }) => (packed.cuSeqlens.length - 1) * packed.maxSeqlen));
  console.log(
    `${cpus()[0]?.model.trim()}, ${cpus().length} cores, BERT-${options.size}, ${options.dtype}, ${steps - 1} steps of ` +
      `${batchSize} sequences of up to ${maxSeqLength} tokens; padding would be ${(100 * (1 - sum(tokens) / slots)).toFixed(1)} %`,
  );
  const speedOf = (seconds: readonly number[]) => sum(tokens.slice(1)) / sum(seconds.slice(1));
  for (let repeat = 0; repeat < Number(options.repeats); repeat++) {
    // Interleaved, so that a machine that slows down slows both.
    const theirs = speedOf(trainWithTransformers(batchFile, configFile));
    const ours = speedOf(trainWithLibbert(data, join(folder, `run-${repeat}`), tokens));
    console.log(
      `transformers ${theirs.toFixed(0)} tokens/s, libbert ${ours.toFixed(0)} tokens/s: ${(ours / theirs).toFixed(2)}x`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
