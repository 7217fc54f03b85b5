/**
 * Fine-tunes one checkpoint on text pairs (RTE), named entities (WNUT-17) and questions (XQuAD) with several seeds, and
 * prints the scores, beside those of loops over transformers where a Python is named. See bench/README.md.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { runProgram } from "./run-program.js";

type Scores = Record<string, number>;

/** What the reference's programs print, each its own figures. */
interface Printed {
  dev_acc: number;
  dev: { f1: number };
  test: { f1: number };
  em: number;
  f1: number;
}

interface Task {
  /** The reference's program. */
  script: string;
  /** What `libbert fine-tune` is told beside the settings that all tasks share. */
  flags: string[];
  /** The files to score, and what of their metrics. */
  scores: { data: string; figures: Record<string, string> }[];
  /** The same figures in what the reference prints. */
  reference(printed: Printed): Scores;
}

const { values: options } = parseArgs({
  options: {
    tasks: { type: "string", default: "rte,wnut17,xquad" },
    python: { type: "string" },
    reference: { type: "string", default: "../shared/reference" },
    model: { type: "string", default: "../shared/data/models/all-minilm-l6-v2" },
    data: { type: "string", default: "../shared/data" },
    seeds: { type: "string", default: "1,2,3" },
  },
});
const scratch = mkdtempSync(join(tmpdir(), "libbert-bench-"));
const file = (path: string) => join(options.data, path);

/** XQuAD has no training set: of its 240 paragraphs the first 200 are trained on, the others scored. */
function splitXquad(): { train: string; dev: string } {
  const { data } = JSON.parse(readFileSync(file("xquad/xquad.en.json"), "utf8"));
  const paragraphs = data.flatMap((article: { paragraphs: unknown[] }) => article.paragraphs);
  const write = (name: string, part: unknown[]) => {
    const path = join(scratch, name);
    writeFileSync(path, JSON.stringify({ version: "1.1", data: [{ title: "XQuAD", paragraphs: part }] }));
    return path;
  };
  return {
    train: write("train.json", paragraphs.slice(0, 200)),
    dev: write("dev.json", paragraphs.slice(200)),
  };
}

function describeTasks(): Record<string, Task> {
  const xquad = splitXquad();
  return {
    rte: {
      script: "quality_rte.py",
      flags: ["--task", "classification", "--train", file("rte/train.tsv")],
      scores: [{ data: file("rte/dev.tsv"), figures: { accuracy: "accuracy" } }],
      reference: ({ dev_acc }) => ({ accuracy: dev_acc }),
    },
    wnut17: {
      script: "quality_ner.py",
      flags: ["--task", "token-classification", "--train", file("wnut17/train.conll")],
      scores: [
        { data: file("wnut17/dev.conll"), figures: { "F1 dev": "f1" } },
        { data: file("wnut17/test.conll"), figures: { "F1 test": "f1" } },
      ],
      reference: ({ dev, test }) => ({ "F1 dev": dev.f1, "F1 test": test.f1 }),
    },
    xquad: {
      script: "quality_qa.py",
      flags: ["--task", "question-answering", "--train", xquad.train],
      scores: [{ data: xquad.dev, figures: { "exact match": "exactMatch", F1: "f1" } }],
      reference: ({ em, f1 }) => ({ "exact match": em, F1: f1 }),
    },
  };
}

/** Runs a program and reads the JSON object in the last line of what it prints. */
function run<Result>(program: string, parameters: string[]): Result {
  const places = { MODEL_DIR: resolve(options.model), DATA_DIR: resolve(options.data) };
  return JSON.parse(runProgram(program, parameters, places).trimEnd().split("\n").at(-1) ?? "");
}

const libbert = (...parameters: string[]) =>
  run<{ metrics: Scores }>(process.execPath, [
    join(import.meta.dirname, "../lib/cli/main.js"),
    ...parameters,
    "--json",
  ]);

function scoreLibbert(task: Task, seed: string): Scores {
  const model = join(scratch, "model");
  // The reference's settings: batch 16, three epochs and a rate of 5e-5, which are our defaults, no weight decay.
  const settings = ["--batch-size", "16", "--weight-decay", "0", "--seed", seed];
  const files = ["--model", options.model, "--output-dir", model, "--overwrite"];
  libbert("fine-tune", ...task.flags, ...settings, ...files);
  const scores: Scores = {};
  for (const { data, figures } of task.scores) {
    const { metrics } = libbert("evaluate", "--model", model, "--data", data);
    for (const [name, key] of Object.entries(figures)) scores[name] = metrics[key]!;
  }
  return scores;
}

const scoreTransformers = (task: Task, seed: string): Scores =>
  task.reference(
    run<Printed>(options.python!, [join(options.reference, task.script), "--seed", seed, "--dtype", "bf16"]),
  );

const mean = (numbers: number[]) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;

function summary(runs: Scores[]): Record<string, string> {
  const figures = Object.keys(runs[0]!).map((name) => {
    const values = runs.map((scores) => scores[name]!);
    const digits = values[0]! > 1 ? 1 : 3; // SQuAD's figures are percentages
    return [
      name,
      `${mean(values).toFixed(digits)} (${values.map((value) => value.toFixed(digits)).join(", ")})`,
    ];
  });
  return Object.fromEntries(figures);
}

try {
  const tasks = describeTasks();
  for (const name of options.tasks.split(",")) {
    const task = tasks[name];
    if (!task) throw new Error(`Expected ${Object.keys(tasks).join(", ")} for --tasks but received ${name}`);
    const [own, others]: [Scores[], Scores[]] = [[], []];
    for (const seed of options.seeds.split(",")) {
      own.push(scoreLibbert(task, seed));
      if (options.python) others.push(scoreTransformers(task, seed));
      console.error(
        `${name}, seed ${seed}: ${JSON.stringify(own.at(-1))} ${JSON.stringify(others.at(-1) ?? {})}`,
      );
    }
    console.log(`${name}: mean (of seeds ${options.seeds})`);
    console.table({ libbert: summary(own), ...(options.python && { transformers: summary(others) }) });
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
