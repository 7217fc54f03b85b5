/**
 * Pre-trains a new BERT with one process on all cores and with several that share them, in turn on this machine, and
 * prints tokens per second of both. See bench/README.md.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { PretrainStep } from "../lib/pre-training/events.js";
import { writeMadeCorpus } from "./made-corpus.js";
import { loggedUpdates } from "./run-log.js";
import { runProgram } from "./run-program.js";

const { values: options } = parseArgs({
  options: {
    processes: { type: "string", default: "2" },
    size: { type: "string", default: "small" },
    "max-seq-length": { type: "string", default: "128" },
    "batch-size": { type: "string", default: "32" },
    "micro-batch-size": { type: "string" },
    steps: { type: "string", default: "10" },
    dtype: { type: "string", default: "float32" },
    "shard-optimizer": { type: "boolean", default: false },
    repeats: { type: "string", default: "3" },
  },
});
const processes = Number(options.processes);
const batchSize = Number(options["batch-size"]);
const WARM_UP_STEPS = 2;
const steps = Number(options.steps) + WARM_UP_STEPS;

/** The log's lines of the updates that count. */
function pretrain(data: string, outputDir: string, size: number): PretrainStep[] {
  const main = join(import.meta.dirname, "../lib/cli/main.js");
  runProgram(process.execPath, [
    ...[main, "launch", "--processes", String(size), "pretrain", "--data", data, "--output-dir", outputDir],
    ...["--size", options.size, "--steps", String(steps), "--batch-size", String(batchSize / size)],
    ...["--max-seq-length", options["max-seq-length"], "--dtype", options.dtype, "--optimizer", "adamw"],
    ...(options["micro-batch-size"] ? ["--micro-batch-size", options["micro-batch-size"]] : []),
    ...["--log-every", "1", "--evaluation-sequences", "1"],
    ...(options["shard-optimizer"] ? ["--shard-optimizer"] : []),
  ]);
  return loggedUpdates(outputDir).slice(WARM_UP_STEPS);
}

const mean = (numbers: readonly number[]) =>
  numbers.reduce((sum, number) => sum + number, 0) / numbers.length;

/** All updates have about as many tokens: over them, the mean of the rates is the harmonic one. */
const speedOf = (lines: readonly PretrainStep[]) =>
  1 / mean(lines.map(({ tokensPerSecond }) => 1 / tokensPerSecond));

const folder = mkdtempSync(join(tmpdir(), "libbert-bench-"));
try {
  const data = join(folder, "shards");
  mkdirSync(data);
  writeMadeCorpus(data, 4 * steps * batchSize * Number(options["max-seq-length"]));
  console.log(
    `${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, BERT-${options.size}, ${options.dtype}, ` +
      `${steps - WARM_UP_STEPS} steps of ${batchSize} sequences of up to ${options["max-seq-length"]} tokens`,
  );
  for (let repeat = 0; repeat < Number(options.repeats); repeat++) {
    // Interleaved, so that a machine that slows down slows both.
    const one = speedOf(pretrain(data, join(folder, `one-${repeat}`), 1));
    const lines = pretrain(data, join(folder, `several-${repeat}`), processes);
    const several = speedOf(lines);
    const reduction = lines.map((line) => line.reduction!);
    const milliseconds = (seconds: readonly number[]) => (1000 * mean(seconds)).toFixed(0);
    console.log(
      `1 process ${one.toFixed(0)} tokens/s, ${processes} processes ${several.toFixed(0)} tokens/s: ${(several / one).toFixed(2)}x; ` +
        `reduction ${milliseconds(reduction.map(({ seconds }) => seconds))} ms an update, ` +
        `${milliseconds(reduction.map(({ waited }) => waited))} ms of them after backward`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
