import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { report } from "../../lib/index.js";
import { pageOf } from "../../lib/report/page-of.js";
import { libbertInProcess } from "../cli/in-process.js";
import { failureOf } from "../session/support.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { checkPage, figuresIn, rowsOf } from "./markup.js";

const directory = temporaryDirectory();

/** A folder of files whose contents are given. */
function folderOf(name: string, files: Record<string, unknown>): string {
  const folder = join(directory, name);
  for (const [file, content] of Object.entries(files)) {
    const path = join(folder, file);
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  }
  return folder;
}

const linesOf = (lines: readonly object[]) => lines.map((line) => `${JSON.stringify(line)}\n`).join("");

const origin = (options: object) => ({
  options,
  started: "2026-01-02T03:04:05.000Z",
  compute: { device: "cpu", dtype: "float32", reason: "as asked" },
  versions: { libbert: "1.0.0" },
  machine: { host: "here", cpu: "a processor", cores: 2, memoryBytes: 2 ** 33 },
});

/** The log of a pre-training: phase 1 has the first three quarters of the updates. */
function logOf(steps: number, options: object = {}, every = 1): string {
  const start = { type: "start", step: 0, firstStep: 0, totalSteps: steps, documents: 7, ...origin(options) };
  const updates = Array.from({ length: steps / every }, (_, index) => {
    const step = (index + 1) * every;
    const [mlmLoss, nspLoss] = [6 - step / steps, 0.7];
    const phase = step <= (3 * steps) / 4 ? 1 : 2;
    const loss = mlmLoss + nspLoss;
    return {
      type: "step",
      step,
      phase,
      loss,
      mlmLoss,
      nspLoss,
      gradientNorm: step % 2,
      learningRate: 1e-4,
      tokensPerSecond: 5e3,
    };
  });
  const metrics = { mlmAccuracy: 0.25, nspAccuracy: null, perplexity: 12.5 };
  const resumed = { ...start, step: steps / 2, firstStep: steps / 2 };
  const half = updates.length / 2;
  return linesOf([
    start,
    ...updates.slice(0, half),
    resumed,
    ...updates.slice(half),
    { type: "evaluation", step: steps, metrics },
  ]);
}

test("a pre-training's losses of masked words and of the next sentence are shown by phase", () => {
  const page = pageOf({ directories: [folderOf("phases", { "log.jsonl": logOf(8) })] });
  checkPage(page);
  const course = rowsOf(page, "Course of the training");
  assert.deepEqual(course[5], ["6", "1", "5.95", "5.25", "0.7", "0", "0.0001", "5000"]);
  assert.deepEqual(course.map(([, phase]) => phase).join(""), "11111122");
  assert.deepEqual(rowsOf(page, "The first and the last line"), [
    ["1", "1–6", "5.8750", "0.7000", "5.2500", "0.7000"],
    ["2", "7–8", "5.1250", "0.7000", "5", "0.7000"],
  ]);
  assert.ok(figuresIn(page).includes(12.5));
  assert.match(page, /8<\/data> of <data value="8">8<\/data> updates are made\./);
  assert.deepEqual(rowsOf(page, "The run was interrupted")[0]![0], "4");
});

test("a long course is cut into parts of equal length, each with its mean, its lowest and its highest number", () => {
  const page = pageOf({ directories: [folderOf("long", { "log.jsonl": logOf(4000) })] });
  const rows = rowsOf(page, "Course of the training");
  assert.equal(rows.length, 251); // one ends with the first phase
  assert.match(page, /4,000 lines of the log are shown as 251 parts of at most 16 updates/);
  const losses = Array.from({ length: 16 }, (_, index) => 6.7 - (index + 1) / 4000);
  const [step, phase, loss, , , lowest, highest, norm] = rows[0]!;
  assert.deepEqual([step, phase], ["16", "1"]);
  const digits = (value: number) => String(Number(value.toPrecision(6)));
  const mean = losses.reduce((sum, value) => sum + value, 0) / 16;
  assert.deepEqual([loss, lowest, highest, norm], [mean, losses[15]!, losses[0]!, 0.5].map(digits));
  assert.ok(page.length < 200_000, `${page.length} characters`);
});

test("lines of a log that are damaged are counted, and one that is being written is not there yet", () => {
  const whole = logOf(4).split("\n");
  const text = [...whole.slice(0, 3), "{", '{"type":"step"}', ...whole.slice(3, -2), '{"type":"ste'].join(
    "\n",
  );
  const page = pageOf({ directories: [folderOf("damaged", { "log.jsonl": text })] });
  assert.match(page, /damaged, and left out: 2</);
  assert.equal(rowsOf(page, "Course of the training").length, 4);
});

test("several trainings are compared: their figures, their courses at the same updates, and the options that differ", async () => {
  const runs = [
    folderOf("one/a", { "log.jsonl": logOf(600, { seed: 1, size: "mini", phases: [{ data: "x" }] }) }),
    folderOf("two/a", { "log.jsonl": logOf(300, { seed: 2, size: "mini", phases: [{ data: "x" }] }) }),
  ];
  const output = join(directory, "comparison.html");
  assert.equal(await report({ runs, output }), output);
  const page = readFileSync(output, "utf8");
  checkPage(page);
  assert.deepEqual(rowsOf(page, "Options that differ"), [["seed", "1", "2"]]);
  const figures = Object.fromEntries(
    rowsOf(page, "The figures of each run").map(([name, ...values]) => [name, values]),
  );
  assert.deepEqual(figures.perplexity, ["12.5000", "12.5000"]);
  assert.deepEqual(figures.updates, ["600", "300"]);
  assert.match(
    page,
    /<th scope="col" class="number">one\/a<\/th><th scope="col" class="number">two\/a<\/th>/,
  );
  const rows = rowsOf(page, "Loss, means over 4 updates");
  assert.deepEqual([rows.length, rows[0]![0], rows.at(-1)![0]], [150, "4", "600"]);
  assert.equal(rows.filter(([, , second]) => second === "").length, 75);
});

const trial = (batchSize: number, rate: number, score: number | null) => ({
  settings: { batchSize, learningRate: rate },
  limit: null,
  score,
  metrics: score === null ? null : { accuracy: score, loss: 1 - score },
  steps: 10,
});

test("a search has its trials in a table, and the mean and deviation of each value of an option", () => {
  const trials = [trial(16, 5e-5, 0.9), trial(32, 5e-5, 0.8), trial(16, 2e-5, 0.7), trial(32, 2e-5, null)];
  const shared = { options: { epochs: 3, batchSize: 16, learningRate: 5e-5 }, result: {} };
  const folder = folderOf("search", {
    "results.json": { metric: "accuracy", best: trials[0], trials },
    "trials/first/result.json": shared,
  });
  const page = pageOf({ directories: [folder] });
  checkPage(page);
  assert.deepEqual(rowsOf(page, "All trials"), [
    ["1", "16", "5e-5", "0.9000", "0.1000", "10"],
    ["2", "32", "5e-5", "0.8000", "0.2000", "10"],
    ["3", "16", "2e-5", "0.7000", "0.3000", "10"],
    ["4", "32", "2e-5", "–", "–", "10"],
  ]);
  assert.deepEqual(rowsOf(page, "accuracy over the trials"), [
    ["batchSize", "16", "2", "0.8000 ± 0.1414"],
    ["batchSize", "32", "1", "0.8000"],
    ["learningRate", "5e-5", "2", "0.8500 ± 0.0707"],
    ["learningRate", "2e-5", "1", "0.7000"],
  ]);
  assert.deepEqual(rowsOf(page, "Options of the run"), [["epochs", "3"]]);
});

test("a comparison has mean and deviation of each variant, and its curves as means over the seeds", () => {
  const spread = (mean: number) => ({ mean, deviation: mean / 10 });
  const variant = (name: string) => ({
    variant: name,
    seeds: 2,
    mlmAccuracy: spread(0.5),
    nspAccuracy: null,
    perplexity: spread(10),
    trainLoss: { mean: 2, deviation: null },
  });
  const folder = folderOf("ablation", {
    "results.json": [variant("80/10/10"), variant("small")],
    "80-10-10-41fb6cc2/seed-1/log.jsonl": "",
    "small/seed-1/log.jsonl": logOf(8, { maskRate: 0.15 }),
    "small/seed-2/log.jsonl": logOf(8, { maskRate: 0.15 }),
  });
  const page = pageOf({ directories: [folder] });
  checkPage(page);
  assert.deepEqual(rowsOf(page, "Each variant")[0], ["80/10/10", "2", "0.5000 ± 0.0500", "–", "10 ± 1", "2"]);
  assert.deepEqual(rowsOf(page, "Masked-word loss")[7], ["8", "", "5"]);
  assert.deepEqual(
    rowsOf(page, "Each run").map(([name, run]) => [name, run]),
    [
      ["small", "seed-1"],
      ["small", "seed-2"],
    ],
  );
});

test("libbert report prints the path of the page that it has written", async () => {
  const folder = folderOf("told", { "log.jsonl": logOf(4) });
  const { status, stdout, stderr } = await libbertInProcess(["report", folder]);
  assert.deepEqual(
    { status, stdout, stderr },
    { status: 0, stdout: `${join(folder, "report.html")}\n`, stderr: "" },
  );
  checkPage(readFileSync(join(folder, "report.html"), "utf8"));
});

test("what holds no run, or a damaged one, is refused by name", async () => {
  const messageOf = async (runs: string | string[], output?: string) =>
    (await failureOf(report({ runs, output }))).message;
  const empty = folderOf("empty", { "notes.txt": "" });
  assert.equal(
    await messageOf(empty),
    `Expected a folder that a run has written to for runs but received "${empty}", which has no training_report.json, log.jsonl or results.json`,
  );
  assert.match(await messageOf(join(empty, "notes.txt")), /notes\.txt", which is no folder$/);
  assert.match(
    await messageOf([empty, empty]),
    /^Expected a file for the page, as there are several runs, for output/,
  );
  const search = folderOf("another", { "results.json": [] });
  assert.match(
    await messageOf([search, search], "x.html"),
    /^Expected folders of single trainings, where several are compared, for runs/,
  );
  const damaged = folderOf("damaged-report", { "training_report.json": { options: {} } });
  assert.match(
    await messageOf(damaged),
    /training_report\.json: Expected the report that a fine-tuning wrote but received/,
  );
});
