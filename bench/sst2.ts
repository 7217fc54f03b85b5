/**
 * Fine-tunes one checkpoint on SST-2 with transformers (random batches, then grouped by length) and with libbert,
 * in turn on this machine, and prints speed, accuracy and memory side by side. See bench/README.md.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { median } from "./median.js";

interface Figures {
  sequencesPerSecond: number; // training alone, without loading, tokenizing and evaluation
  tokensPerSecond: number; // real tokens, padding not counted
  accuracy: number;
}

interface Run extends Figures {
  peakMiB: number;
  wallSeconds: number; // the whole program, from start to exit
}

interface Program {
  name: string;
  command(seed: number, outputDir: string): string[];
  figures(result: Record<string, unknown>): Figures;
}

const { values: options } = parseArgs({
  options: {
    python: { type: "string", default: "python3" },
    reference: { type: "string", default: "../shared/reference" },
    model: { type: "string", default: "../shared/data/models/all-minilm-l6-v2" },
    data: { type: "string", default: "../shared/data" },
    limit: { type: "string", default: "8000" },
    repeats: { type: "string", default: "1" },
    seeds: { type: "string", default: "1" },
  },
});
const environment = { ...process.env, MODEL_DIR: resolve(options.model), DATA_DIR: resolve(options.data) };

function transformersLoop(name: string, ...extra: string[]): Program {
  const script = join(options.reference, "finetune_sst2.py"); // its defaults: batch 32, learning rate 5e-5
  const settings = ["--train-limit", options.limit, "--epochs", "1", "--dtype", "bf16"];
  return {
    name,
    command: (seed) => [options.python, script, ...settings, "--seed", String(seed), ...extra],
    figures: (result) => ({
      sequencesPerSecond: Number(result.seq_s),
      tokensPerSecond: Number(result.tok_s),
      accuracy: Number(result.dev_acc),
    }),
  };
}

const libbert: Program = {
  name: "libbert",
  command: (seed, outputDir) => [
    ...[process.execPath, join(import.meta.dirname, "../lib/cli/main.js"), "fine-tune"],
    ...["--task", "classification", "--model", options.model, "--output-dir", outputDir],
    ...["--train", join(options.data, "sst2/train.tsv"), "--validation", join(options.data, "sst2/dev.tsv")],
    ...["--limit", options.limit, "--epochs", "1", "--batch-size", "32", "--learning-rate", "5e-5"],
    ...["--seed", String(seed), "--json"],
  ],
  figures: (result) => ({
    sequencesPerSecond: Number(result.sequencesPerSecond),
    tokensPerSecond: Number(result.tokensPerSecond),
    accuracy: Number((result.metrics as Record<string, unknown>).accuracy),
  }),
};

const randomBatches = transformersLoop("transformers, random batches");
const groupedByLength = transformersLoop("transformers, grouped by length", "--group-by-length");
const programs = [randomBatches, groupedByLength, libbert];

/** Linux keeps the peak of the resident set itself, so reading it now and then misses only the very end. */
function peakResidentMiB(pid: number): number {
  try {
    const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return Number(kibibytes ?? 0) / 1024;
  } catch {
    return 0; // exited between two readings
  }
}

async function measure(program: Program, seed: number): Promise<Run> {
  const scratch = mkdtempSync(join(tmpdir(), "libbert-bench-"));
  const [file = "", ...parameters] = program.command(seed, join(scratch, "model"));
  const start = performance.now();
  const child = spawn(file, parameters, { env: environment, stdio: ["ignore", "pipe", "inherit"] });
  let peakMiB = 0;
  const poll = setInterval(() => {
    if (child.pid !== undefined) peakMiB = Math.max(peakMiB, peakResidentMiB(child.pid));
  }, 50);
  try {
    const closed = new Promise<number | null>((done, failed) => child.on("error", failed).on("close", done));
    const [output, code] = await Promise.all([text(child.stdout), closed]);
    if (code !== 0)
      throw new Error(`${program.name} ended with exit code ${code}: ${child.spawnargs.join(" ")}`);
    const result = JSON.parse(output.trimEnd().split("\n").at(-1) ?? "") as Record<string, unknown>;
    return { ...program.figures(result), peakMiB, wallSeconds: (performance.now() - start) / 1000 };
  } finally {
    clearInterval(poll);
    rmSync(scratch, { recursive: true, force: true });
  }
}

const mean = (numbers: number[]) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;

const seeds = options.seeds.split(",").map(Number);
const runs: { program: Program; run: Run }[] = [];
for (let repeat = 0; repeat < Number(options.repeats); repeat++) {
  for (const seed of seeds) {
    // Interleaved, so that a machine that slows down slows all three.
    for (const program of programs) {
      const run = await measure(program, seed);
      runs.push({ program, run });
      console.error(`${program.name}, seed ${seed}: ${JSON.stringify(run)}`);
    }
  }
}

const column = (program: Program, key: keyof Run) =>
  runs.filter((entry) => entry.program === program).map((entry) => entry.run[key]);
const ownSpeed = median(column(libbert, "sequencesPerSecond"));
console.log(
  `${cpus()[0]?.model.trim()}, ${cpus().length} cores, ${options.limit} sentences, 1 epoch, batch 32`,
);
console.table(
  Object.fromEntries(
    programs.map((program) => {
      const speed = median(column(program, "sequencesPerSecond"));
      const row = {
        "sequences/s": speed.toFixed(1),
        "tokens/s": median(column(program, "tokensPerSecond")).toFixed(0),
        "libbert is": `${(ownSpeed / speed).toFixed(2)}x`,
        accuracy: mean(column(program, "accuracy")).toFixed(4),
        "peak MiB": median(column(program, "peakMiB")).toFixed(0),
        "wall s": median(column(program, "wallSeconds")).toFixed(1),
      };
      return [program.name, row];
    }),
  ),
);
