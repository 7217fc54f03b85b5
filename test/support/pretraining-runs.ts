/** A small corpus, and runs of pre-training on it. */
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { z } from "zod";
import { prepareCorpus } from "../../lib/data/corpus/prepare-corpus.js";
import type { PretrainEvent, PretrainStep } from "../../lib/pre-training/events.js";
import { pretrainOptions } from "../../lib/pre-training/options.js";
import { runPretraining } from "../../lib/pre-training/pretrain.js";
import { DEVICE } from "./device.js";
import { goldenPath } from "./golden.js";
import { temporaryDirectory } from "./temporary-directory.js";
import { ADJECTIVES, NOUNS } from "./words.js";

/** A BERT of 2 layers and 32 units with both heads, 64 positions, 114 pieces and dropout of 0.1. */
export const TINY = goldenPath("tiny-bert-pretraining");

export type RunOptions = Partial<z.input<typeof pretrainOptions>>;

/** Documents of 4 to 8 sentences on one thing and one quality, so that a word can be guessed from its neighbours. */
function documents(count: number): string {
  return Array.from({ length: count }, (_, index) => {
    const noun = NOUNS[index % NOUNS.length]!;
    const adjective = ADJECTIVES[index % ADJECTIVES.length]!;
    const sentences = [
      `the ${noun} was ${adjective} .`,
      `this is a ${adjective} ${noun} to watch .`,
      `a ${noun} is never so ${adjective} .`,
      `it was the ${adjective} ${noun} that i like .`,
    ];
    return Array.from({ length: 4 + (index % 5) }, (_, line) => sentences[(index + line) % 4]).join("\n");
  }).join("\n\n");
}

/** Prepares a corpus with the tiny model's vocabulary: by default 88 documents of some 500 sentences. */
export async function prepareTinyCorpus(
  outputDir: string,
  { validationShare = 0.2, count = 88, text = documents(count) } = {},
): Promise<string> {
  const path = `${outputDir}.txt`;
  writeFileSync(path, text);
  await prepareCorpus({ input: [path], vocab: TINY, outputDir, validationShare, format: "sentences" });
  return outputDir;
}

/** A folder for the tests of a file, with the tiny corpus prepared in it and a new place for each of their runs. */
export async function corpusFolder() {
  const directory = temporaryDirectory();
  const data = await prepareTinyCorpus(join(directory, "shards"));
  let runs = 0;
  return { directory, data, newOutputDir: () => join(directory, `run-${++runs}`) };
}

/** Ten updates of the tiny model with a snapshot in the middle and a line of the log for each. */
export const tenSteps = {
  continueFrom: TINY,
  steps: 10,
  batchSize: 8,
  maxSeqLength: 32,
  learningRate: 1e-3,
  warmupRatio: 0.2,
  snapshotEvery: 5,
  logEvery: 1,
  evaluationSequences: 64, // the default takes longer than the updates
  device: DEVICE,
  dtype: "float32",
} satisfies RunOptions;

/** Ten updates in two phases, of different lengths, batches and schedules; a snapshot is of the second. */
export const twoPhases = {
  ...tenSteps,
  steps: undefined,
  snapshotEvery: 7,
  phases: [
    { steps: 6, maxSeqLength: 16, batchSize: 8, learningRate: 2e-3, warmupRatio: 0.5, schedule: "constant" },
    { steps: 4, maxSeqLength: 48, batchSize: 4, learningRate: 1e-3, warmupRatio: 0, schedule: "polynomial" },
  ],
} satisfies RunOptions;

/** Pre-trains in this process and thread. @param onEvent may throw, or end the process */
export async function run(
  options: RunOptions,
  { signal, onEvent }: { signal?: AbortSignal; onEvent?: (event: PretrainEvent) => void } = {},
) {
  const events: PretrainEvent[] = [];
  const emit = (event: PretrainEvent) => {
    events.push(event);
    onEvent?.(event);
  };
  const result = await runPretraining(pretrainOptions.parse(options), { signal, emit });
  return { result, events, losses: stepsOf(events).map(({ loss }) => loss) };
}

/** Runs until it has logged or evaluated the step, and aborts there. */
export async function runAndAbort(options: RunOptions, step: number): Promise<void> {
  const controller = new AbortController();
  const aborted = run(options, {
    signal: controller.signal,
    onEvent: (event) => {
      const reached = event.type === "step" || event.type === "evaluation";
      if (reached && event.step === step) controller.abort(new Error("enough"));
    },
  });
  await assert.rejects(aborted, { message: "enough" });
}

export function stepsOf(events: readonly PretrainEvent[]): PretrainStep[] {
  return events.filter((event) => event.type === "step");
}

export function noticesOf(events: readonly PretrainEvent[]): string[] {
  return events.filter((event) => event.type === "notice").map(({ message }) => message);
}

/** The updates and evaluations of `log.jsonl`, without what depends on the clock and the machine. */
export function logLines(outputDir: string) {
  const lines = readFileSync(join(outputDir, "log.jsonl"), "utf8").trimEnd().split("\n");
  const ofCourse = lines.map((line) => JSON.parse(line)).filter(({ type }) => type !== "start");
  return ofCourse.map(({ tokensPerSecond, remainingSeconds, residentMemory, reduction, ...rest }) => rest);
}

export function snapshotNames(outputDir: string): string[] {
  return readdirSync(join(outputDir, "snapshots")).sort();
}

/** Everything that a run left, to compare bit for bit: model, weights and moments, state, log. */
export function remainsOf(outputDir: string) {
  const snapshots = snapshotNames(outputDir);
  const newest = join(outputDir, "snapshots", snapshots.at(-1)!);
  const read = (path: string) => readFileSync(path).toString("base64");
  return {
    files: readdirSync(outputDir).sort(),
    model: read(join(outputDir, "model.safetensors")),
    config: read(join(outputDir, "config.json")),
    snapshots,
    training: read(join(newest, "training.safetensors")),
    state: JSON.parse(readFileSync(join(newest, "state.json"), "utf8")),
    log: logLines(outputDir),
  };
}

/**
 * What is left of runs on the corpus that nothing interrupts, for a test to compare with: those of one object of options are
 * made once.
 */
export function undisturbedRuns({ data, newOutputDir }: Awaited<ReturnType<typeof corpusFolder>>) {
  const runs = new Map<RunOptions, ReturnType<typeof remainsOf>>();
  return async (options: RunOptions) => {
    const known = runs.get(options);
    if (known !== undefined) return known;
    const outputDir = newOutputDir();
    await run({ ...options, data, outputDir });
    const remains = remainsOf(outputDir);
    runs.set(options, remains);
    return remains;
  };
}

/** A new directory within another, made. */
export function folderIn(directory: string, name: string): string {
  const folder = join(directory, name);
  mkdirSync(folder, { recursive: true });
  return folder;
}
