import "../support/one-thread.js";

import assert from "node:assert/strict";
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";
import {
  loadModel,
  report,
  type SearchEvent,
  type SearchOptions,
  search,
  type TrialResult,
} from "../../lib/index.js";
import { rowsOf as rowsIn } from "../report/markup.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { failureOf, rowsOf, TINY, tinyRun } from "./support.js";

const directory = temporaryDirectory();
const validation = rowsOf(40, 1001);
const base = {
  ...tinyRun,
  train: rowsOf(90),
  validation,
  metric: "loss",
  grid: { learningRate: [1e-5, 5e-3], epochs: [1, 2] },
} satisfies Omit<SearchOptions, "outputDir">;

/** Of the grid, as the first test finds them. */
let undisturbed: TrialResult[];

/** Which trials an earlier call had done already. */
function told(events: SearchEvent[]): boolean[] {
  return events.filter((event) => event.type === "trial").map(({ done }) => done);
}

test("every combination is tried, the best model kept, and nothing is trained twice", async () => {
  const outputDir = join(directory, "grid");
  const pages: Promise<string>[] = []; // of the search as it goes on
  const { best, trials, metric } = await search({
    ...base,
    outputDir,
    onProgress(event) {
      if (event.type === "trial")
        pages.push(report({ runs: outputDir, output: join(directory, `${event.trial}.html`) }));
    },
  });
  const [first, , third] = (await Promise.all(pages)).map((path) => readFileSync(path, "utf8"));
  assert.match(first!, /<p class="soft">0 of 4 trials are done; it goes on, or was interrupted\.<\/p>/);
  assert.match(third!, />2 of 4 trials are done, the best by loss first; it goes on, or was interrupted\.</);
  assert.equal(rowsIn(third!, "All trials").length, 2);
  assert.ok(!readdirSync(outputDir).includes(".partial-results.json"));
  assert.equal(metric, "loss");
  undisturbed = trials;
  assert.equal(trials.length, 4);
  assert.deepEqual(best.settings, { learningRate: 5e-3, epochs: 2 });
  assert.deepEqual(trials[0], best);
  const scores = trials.map(({ score }) => score!);
  assert.deepEqual(scores, [...scores].sort());

  await using model = await loadModel(join(outputDir, "best"), { task: "classification", dtype: "float32" });
  assert.equal((await model.evaluate(validation)).loss, best.score);
  assert.equal(readFileSync(join(outputDir, "table.md"), "utf8").trimEnd().split("\n").length, 6);

  assert.match(readFileSync(join(outputDir, "report.html"), "utf8"), /4 trials, by loss/);

  const events: SearchEvent[] = [];
  const again = await search({ ...base, outputDir, onProgress: (event) => events.push(event) });
  assert.deepEqual(again, { best, trials, metric });
  assert.deepEqual(told(events), [true, true, true, true]);
  await assert.rejects(search({ ...base, outputDir, seed: 4 }), {
    code: "ERR_OPTION",
    message:
      /^Expected the options that .* was trained with but received others for seed; another outputDir begins anew$/,
  });
  const otherRows = rowsOf(90).with(3, { text: "a film", label: "negative" });
  await assert.rejects(search({ ...base, outputDir, train: otherRows }), {
    code: "ERR_OPTION",
    message: /received others for train; /,
  });

  const copy = join(directory, "copy");
  cpSync(TINY, copy, { recursive: true });
  assert.deepEqual(await search({ ...base, outputDir, model: copy }), { best, trials, metric });
  const config = JSON.parse(readFileSync(join(copy, "config.json"), "utf8"));
  writeFileSync(join(copy, "config.json"), JSON.stringify({ ...config, hidden_dropout_prob: 0 }));
  await assert.rejects(search({ ...base, outputDir, model: copy }), {
    code: "ERR_OPTION",
    message: /received others for model; /,
  });
});

test("the model's longest input is no other maxSeqLength than the default, where the task's own is longer", async () => {
  const { maxSeqLength: _, ...byDefault } = base;
  const call = { ...byDefault, grid: { epochs: [1] }, outputDir: join(directory, "longest") };
  await search(call);
  const events: SearchEvent[] = [];
  await search({ ...call, maxSeqLength: 64, onProgress: (event) => events.push(event) });
  assert.deepEqual(told(events), [true]);
  await assert.rejects(search({ ...call, maxSeqLength: 63 }), {
    message: /received others for maxSeqLength; /,
  });
});

test("another grid over what is done keeps the best of its own trials, however its trials are ordered", async () => {
  const outputDir = join(directory, "grown");
  const bestLoss = async (grid: Record<string, unknown[]>) => {
    const trained: number[] = [];
    const onProgress = (event: SearchEvent) => {
      if (event.type === "trial" && !event.done) trained.push(event.trial);
    };
    const { best } = await search({ ...base, outputDir, grid, onProgress });
    await using model = await loadModel(join(outputDir, "best"), {
      task: "classification",
      dtype: "float32",
    });
    assert.equal((await model.evaluate(validation)).loss, best.score);
    return { rate: best.settings.learningRate, trained };
  };
  assert.deepEqual(await bestLoss({ learningRate: [5e-3] }), { rate: 5e-3, trained: [1] });
  // A worse trial that is made first must not take the better one's place.
  assert.deepEqual(await bestLoss({ learningRate: [1e-5, 5e-3] }), { rate: 5e-3, trained: [1] });
  // A smaller grid, whose best model was never kept.
  assert.deepEqual(await bestLoss({ learningRate: [1e-5] }), { rate: 1e-5, trained: [] });
  rmSync(join(outputDir, "best"), { recursive: true });
  assert.deepEqual(await bestLoss({ learningRate: [1e-5, 5e-3] }), { rate: 5e-3, trained: [] });
});

test("a trial that diverges has no score and comes last, and the search goes on", async () => {
  const outputDir = join(directory, "diverging");
  const options = { ...base, outputDir, grid: { learningRate: [1e30, 5e-3] } };
  const { best, trials } = await search(options);
  assert.equal(best.settings.learningRate, 5e-3);
  assert.deepEqual(trials[1], {
    settings: { learningRate: 1e30 },
    limit: null,
    score: null,
    metrics: null,
    steps: 0,
  });
  assert.match(readFileSync(join(outputDir, "table.md"), "utf8"), /\| 1e\+30 \| – \| 0 \|\n$/);
  assert.deepEqual(await search(options), { metric: "loss", best, trials });
  await assert.rejects(search({ ...options, grid: { learningRate: [1e30] } }), {
    code: "ERR_NON_FINITE",
    message: "No trial on all rows came to a figure: lower learning rates usually fix it",
  });
});

test("two searches never work in one directory", async () => {
  const outputDir = join(directory, "shared");
  let second: Promise<unknown> | undefined;
  await search({
    ...base,
    grid: { epochs: [1] },
    outputDir,
    onProgress: () => {
      second ??= failureOf(search({ ...base, grid: { epochs: [2] }, outputDir }));
    },
  });
  assert.match(
    ((await second) as Error).message,
    /^Expected a directory that no other run uses for outputDir /,
  );
});

test("a search that was stopped goes on in the middle of the trial that it was in, and comes to the same", async () => {
  const outputDir = join(directory, "stopped");
  const options = { ...base, outputDir, snapshotEvery: 2 };
  const controller = new AbortController();
  let trial = 0;
  const stopInFourth = (event: SearchEvent) => {
    if (event.type === "trial") trial = event.trial;
    if (trial === 4 && event.type === "snapshot") controller.abort(new Error("enough"));
  };
  const stopped = search({ ...options, signal: controller.signal, onProgress: stopInFourth });
  await assert.rejects(stopped, /enough/);
  assert.ok(!existsSync(join(outputDir, "results.json")));
  const events: SearchEvent[] = [];
  const { trials } = await search({ ...options, onProgress: (event) => events.push(event) });
  assert.deepEqual(told(events), [true, true, true, false]);
  const [start] = events.filter((event) => event.type === "start");
  assert.ok(start!.firstStep >= 2, String(start!.firstStep));
  assert.deepEqual(trials, undisturbed);
  const files = readdirSync(join(outputDir, "trials"), { recursive: true, encoding: "utf8" });
  assert.deepEqual(
    [...new Set(files.map((file) => basename(file)).filter((name) => !/^learningRate/.test(name)))],
    ["result.json"],
  );
});

test("with rungs, all settings are tried on few rows and the best third on all", async () => {
  const outputDir = join(directory, "halving");
  const { best, trials } = await search({ ...base, rungs: [32], outputDir });
  assert.deepEqual(
    trials.map(({ limit }) => limit),
    [null, 32, 32, 32, 32],
  );
  assert.deepEqual(trials[1]!.settings, trials[0]!.settings, "what was best on few rows went on");
  assert.deepEqual(trials[0], best);
  assert.equal(best.steps, 12);
});

test("a wrong value in the grid is refused before anything is trained", async () => {
  const outputDir = join(directory, "wrong");
  const refusals: { grid: Record<string, unknown[]>; message: string }[] = [
    {
      grid: { learningRate: [5e-3, -1] },
      message: "Expected a value above 0 for learningRate but received -1",
    },
    {
      grid: { metric: ["loss", "accuracy"] },
      message: 'Expected options that may differ between trials for grid but received "metric"',
    },
    {
      grid: { learninRate: [5e-3] },
      message: 'Unknown option "learninRate" for task "classification": did you mean learningRate?',
    },
  ];
  for (const { grid, message } of refusals)
    await assert.rejects(search({ ...base, grid, outputDir }), { code: "ERR_OPTION", message });
  async function* once() {
    yield* rowsOf(3);
  }
  await assert.rejects(search({ ...base, train: once(), outputDir }), {
    message: /^Expected a file or an array, which can be read more than once, for train /,
  });
  assert.ok(!existsSync(outputDir));
});

test("models may be compared: each trial's result is of its own model's content", async () => {
  const outputDir = join(directory, "models");
  const other = join(directory, "other-model");
  cpSync(TINY, other, { recursive: true });
  const grid = { model: [TINY, other] };
  const { trials } = await search({ ...base, grid, outputDir });
  assert.equal(trials[0]!.score, trials[1]!.score, "they are the same yet");
  const config = JSON.parse(readFileSync(join(other, "config.json"), "utf8"));
  writeFileSync(join(other, "config.json"), JSON.stringify({ ...config, hidden_dropout_prob: 0 }));
  await assert.rejects(search({ ...base, grid, outputDir }), {
    code: "ERR_OPTION",
    message: /other-model-[0-9a-f]{8} was trained with but received others for model; /,
  });
});

test('a dtype of "auto" is what it comes to: trials of another type are never ranked beside a search\'s own', async () => {
  const outputDir = join(directory, "dtype");
  const call = { ...base, grid: { epochs: [1] }, outputDir };
  const events: SearchEvent[] = [];
  await search({ ...call, dtype: "auto", onProgress: (event) => events.push(event) });
  const { dtype } = events.find((event) => event.type === "start")!;
  const other = dtype === "float32" ? "bfloat16" : "float32";
  const again: SearchEvent[] = [];
  await search({ ...call, dtype: dtype as "float32", onProgress: (event) => again.push(event) });
  assert.deepEqual(told(again), [true]);
  await assert.rejects(search({ ...call, dtype: other }), {
    code: "ERR_OPTION",
    message: /received others for dtype; /,
  });
});

test("trials that are done with other threads are told of, once, where more are made", async () => {
  const outputDir = join(directory, "threads");
  const notices = async (options: Pick<SearchOptions, "grid" | "threads">) => {
    const messages: string[] = [];
    const onProgress = (event: SearchEvent) => event.type === "notice" && messages.push(event.message);
    await search({ ...base, ...options, outputDir, onProgress });
    return messages;
  };
  assert.deepEqual(await notices({ grid: { seed: [1, 2] }, threads: 1 }), []);
  assert.deepEqual(await notices({ grid: { seed: [1, 2] }, threads: 2 }), []);
  const [notice, ...others] = await notices({ grid: { seed: [1, 2, 3] }, threads: 2 });
  assert.match(notice!, /^computing on cpu with 2 threads instead of cpu with 1 thread: /);
  assert.deepEqual(others, []);
});

test("options of several processes are refused: a search is one process", async () => {
  const call = { ...base, outputDir: join(directory, "alone"), shardOptimizer: true };
  await assert.rejects(search(call), { code: "ERR_OPTION", option: "shardOptimizer" });
});
