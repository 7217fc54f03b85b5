import "../support/one-thread.js";

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { type FineTuneEvent, type FineTuneResult, fineTune, report } from "../../lib/index.js";
import { pageOf } from "../../lib/report/page-of.js";
import { writeReportBeside } from "../../lib/report/write-report.js";
import { openPage, withoutChromium } from "../examples/chromium.js";
import { failureOf, rowsOf as labelledRows, tinyRun } from "../session/support.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { checkPage, elementsOf, figuresIn, rowsOf } from "./markup.js";

const HOSTILE = `</script><img src="x" onerror="alert(1)"> & 'more' <!-- `;

const directory = temporaryDirectory();
const outputDir = join(directory, "seeds");
const { seed: _, ...base } = tinyRun;
const validation = [
  ...labelledRows(40, 1001),
  ...labelledRows(6).map(({ text, label }) => ({
    text: text + HOSTILE,
    label: label === "positive" ? "negative" : "positive",
  })),
];

let result: FineTuneResult;
let page: string;
const events: FineTuneEvent[] = [];
before(async () => {
  const run = { ...base, train: labelledRows(90), validation, epochs: 2, seeds: [1, 2], outputDir };
  await using model = await fineTune({ ...run, onProgress: (event) => events.push(event) });
  result = model.training!;
  page = readFileSync(join(outputDir, "report.html"), "utf8");
});

const storedReport = () => JSON.parse(readFileSync(join(outputDir, "training_report.json"), "utf8"));

test("a report is one file that loads nothing, with captions, headings and links within it", () => {
  checkPage(page);
  assert.ok(page.length < 200_000, `${page.length} characters`);
});

test("its figures are those of training_report.json, to the last digit", () => {
  const { metrics, steps, trainLoss, seeds } = storedReport();
  const { report: behind, ...figures } = metrics;
  const shown = figuresIn(page);
  for (const value of [
    ...Object.values(figures),
    steps,
    trainLoss,
    behind.calibration.expectedCalibrationError,
  ])
    assert.ok(shown.includes(value as number), String(value));
  for (const [name, { mean, deviation }] of Object.entries<{ mean: number; deviation: number }>(seeds.spread))
    assert.ok(shown.includes(mean) && shown.includes(deviation), name);
  const matrix = rowsOf(page, "Validation rows by true label").map((row) => row.slice(1).map(Number));
  assert.deepEqual(matrix, behind.confusionMatrix);
});

test("the texts of the worst mistakes are shown as they are, and are no markup", () => {
  const { worstMistakes } = result.metrics!.report as unknown as {
    worstMistakes: { text: string; loss: number }[];
  };
  assert.ok(worstMistakes.some(({ text }) => text.endsWith(HOSTILE)));
  const shown = rowsOf(page, "The validation rows with the highest losses").map(([, text]) => text);
  assert.deepEqual(
    shown,
    worstMistakes.map(({ text }) => text.trim()),
  );
  assert.deepEqual(
    elementsOf(page).filter(({ name }) => name === "img"),
    [],
  );
});

test("with explainMistakes the words of so many of the worst are marked by what they add to the prediction", async () => {
  const folder = join(directory, "explained");
  const bothLabels = labelledRows(4).flatMap(({ text }) =>
    ["positive", "negative"].map((label) => ({ text, label })),
  );
  const run = { ...tinyRun, train: labelledRows(30), validation: bothLabels, epochs: 1 };
  await using model = await fineTune({ ...run, outputDir: folder, explainMistakes: 2 });
  const [first, second, third] = model.training!.metrics!.report!.worstMistakes;
  for (const { explanation, predicted } of [first!, second!]) {
    const { target, output, baseline, delta, words } = explanation!;
    assert.equal(target, predicted);
    const sum = words.reduce((total, { attribution }) => total + attribution, 0);
    assert.ok(Math.abs(sum - (output - baseline) - delta) < 1e-6);
  }
  assert.equal(third!.explanation, undefined);
  const written = readFileSync(join(folder, "report.html"), "utf8");
  checkPage(written);
  const marks = elementsOf(written).filter(({ name }) => name === "mark");
  assert.ok(marks.length > 0 && marks.every(({ text }) => /[+−]\d+(\.\d+)?$/.test(text)));
  assert.match(written, /Words are marked with what they add/);
  assert.doesNotMatch(page, /<mark/);
});

test("explainMistakes needs rows to evaluate on", async () => {
  const failing = fineTune({ ...tinyRun, train: labelledRows(8), explainMistakes: 2 });
  assert.equal(
    (await failureOf(failing)).message,
    "Expected rows to evaluate on, which explainMistakes needs, for validation but received undefined",
  );
});

test("the course in the page is that of the history, a row for each update", () => {
  const rows = rowsOf(page, "Course of the training");
  const digits = (value: number) => String(Number(value.toPrecision(6)));
  assert.deepEqual(
    rows.map(([step, loss]) => [step, loss]),
    result.history.steps.map(({ step, loss }) => [String(step), digits(loss)]),
  );
  assert.deepEqual(
    rowsOf(page, "Loss by seed").map((row) => row.length),
    rows.map(() => 3),
  );
});

test("log.jsonl beside it has every seed's course, and what the report says of the run's origin", () => {
  const lines = readFileSync(join(outputDir, "log.jsonl"), "utf8").trimEnd().split("\n");
  const logged = lines.map((line) => JSON.parse(line));
  const told = events.filter(({ type }) => ["seed", "start", "step", "evaluation"].includes(type));
  assert.deepEqual(
    logged.map(({ type }) => type),
    told.map(({ type }) => type),
  );
  const isStep = ({ type }: { type: string }) => type === "step";
  assert.deepEqual(logged.filter(isStep), JSON.parse(JSON.stringify(told.filter(isStep))));
  const { started, model, versions, machine } = storedReport();
  const start = logged.find(({ type }) => type === "start");
  assert.deepEqual(
    [start.started, start.model, start.versions, start.machine],
    [started, model, versions, machine],
  );
});

test("a run that is stopped leaves no log, and while it goes on its report is of what the log has", async () => {
  const stopped = join(directory, "stopped");
  const controller = new AbortController();
  let written: Promise<string> | undefined;
  const failure = await failureOf(
    fineTune({
      ...base,
      train: labelledRows(90),
      epochs: 500,
      outputDir: stopped,
      signal: controller.signal,
      onProgress(event) {
        if (event.type !== "step" || event.step !== 3) return;
        written = report({ runs: stopped, output: join(directory, "live.html") });
        void written.finally(() => controller.abort());
      },
    }),
  );
  assert.equal(failure.name, "AbortError");
  const live = readFileSync(await written!, "utf8");
  checkPage(live);
  assert.match(live, /the run goes on, or was interrupted/);
  assert.ok(rowsOf(live, "Course of the training").length >= 3);
  assert.equal(existsSync(stopped), false);
});

test("a run that was interrupted and resumed has one report, over all of its log", async () => {
  const resumed = join(directory, "resumed");
  const controller = new AbortController();
  const run = { ...tinyRun, train: labelledRows(90), epochs: 30, outputDir: resumed, snapshotEvery: 4 };
  const first = await failureOf(
    fineTune({
      ...run,
      signal: controller.signal,
      onProgress: (event) => event.type === "step" && event.step === 6 && controller.abort(),
    }),
  );
  assert.equal(first.name, "AbortError");
  await using model = await fineTune({ ...run, resume: true });
  const shown = readFileSync(join(resumed, "report.html"), "utf8");
  checkPage(shown);
  const digits = (value: number) => String(Number(value.toPrecision(6)));
  assert.deepEqual(
    rowsOf(shown, "Course of the training").map(([step, loss]) => [step, loss]),
    model.training!.history.steps.map(({ step, loss }) => [String(step), digits(loss)]),
  );
  assert.equal(model.training!.history.steps.length, 180);
  const [[newest], ...others] = rowsOf(shown, "The run was interrupted") as [[string]];
  assert.ok(Number(newest) >= 4 && others.length === 0, newest);
});

test("a report that cannot be written is told of, and ends nothing", async () => {
  const folder = join(directory, "gone");
  const notices: string[] = [];
  const output = { path: folder, option: "outputDir", check() {} };
  await writeReportBeside(output, pageOf, (message) => notices.push(message));
  await writeReportBeside(
    output,
    () => "<!doctype html>",
    (message) => notices.push(message),
  );
  assert.equal(notices.length, 2);
  assert.match(
    notices[0]!,
    /^report\.html was not written: Expected a folder that .*; "libbert report .*gone" does it again$/,
  );
  assert.match(notices[1]!, /^report\.html was not written: Expected to write the file .* ENOENT/);
});

test("a browser draws its charts, loads nothing and has no errors", { skip: withoutChromium }, async () => {
  const path = await report({ runs: outputDir });
  await using opened = await openPage(`file://${path}`);
  await opened.waitFor(
    "document.readyState === 'complete' && document.querySelector('.chart') !== null",
    30_000,
  );
  const [charts, canvases, resources] = (await opened.evaluate(
    "[document.querySelectorAll('.chart').length, document.querySelectorAll('.chart canvas').length, performance.getEntriesByType('resource').length]",
  )) as number[];
  assert.equal(canvases, charts);
  assert.equal(resources, 0);
});
