import "../support/own-process.js";
import "../support/one-thread.js";

import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import {
  type FineTuneEvent,
  type FineTuneOptions,
  fineTune,
  loadModel,
  type Model,
} from "../../lib/index.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { failureOf, rowsOf, tinyRun } from "./support.js";
import { assertNothingLeft, limitWorkers, startedWorkers } from "./workers.js";

const directory = temporaryDirectory();
const train = rowsOf(90);
const reason = new Error("changed my mind");
let runs = 0;
let outputDir: string;

let model: Model;
before(async () => {
  model = await fineTune({ ...tinyRun, train });
});
after(() => model.dispose());

/** Fine-tunes until it fails, and checks that nothing is left of it, neither running nor on disk. */
async function failedRun(options: Partial<Parameters<typeof fineTune>[0]>): Promise<unknown> {
  outputDir = join(directory, `run-${++runs}`);
  return failureOf(fineTune({ ...tinyRun, train, outputDir, ...options } as FineTuneOptions));
}

afterEach(async () => {
  await assertNothingLeft(1); // the shared model's thread
  if (runs > 0 && readdirSync(directory).includes(`run-${runs}`))
    assert.deepEqual(readdirSync(outputDir), []);
});

/** Rows that go on for ever, and whether their generator was closed. */
function endlessRows() {
  const state = { closed: false, given: 0 };
  async function* generate() {
    try {
      for (;;) {
        yield* rowsOf(1, state.given++);
        if (state.given % 1000 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
    } finally {
      state.closed = true;
    }
  }
  return { state, rows: generate() };
}

test("a signal that is aborted already rejects with its reason, and no row is asked for", async () => {
  const { state, rows } = endlessRows();
  assert.equal(await failedRun({ signal: AbortSignal.abort(reason), train: rows }), reason);
  assert.equal(state.given, 0);
});

test("abort while rows are read rejects with the reason and closes the iterable", async () => {
  const { state, rows } = endlessRows();
  const controller = new AbortController();
  const timer = setInterval(() => state.given > 0 && controller.abort(reason), 100);
  assert.equal(await failedRun({ signal: controller.signal, train: rows }), reason);
  clearInterval(timer);
  await new Promise((resolve) => setTimeout(resolve, 20)); // the row that it was making
  assert.ok(state.closed);
});

test("abort gets through while the iterable keeps the run waiting", async () => {
  async function* stalled() {
    yield* train;
    await new Promise(() => {});
  }
  const controller = new AbortController();
  setTimeout(() => controller.abort(reason), 600);
  assert.equal(await failedRun({ signal: controller.signal, train: stalled() }), reason);
});

test("abort while training rejects within one update", async () => {
  const controller = new AbortController();
  const steps: number[] = [];
  const onProgress = (event: FineTuneEvent) => {
    if (event.type === "step") steps.push(event.step);
    if (event.type === "step" && event.step === 3) controller.abort(reason);
  };
  // Large batches, so that an update takes longer than a message.
  const rejected = await failedRun({
    train: rowsOf(2048),
    batchSize: 512,
    epochs: 10,
    signal: controller.signal,
    onProgress,
  });
  assert.equal(rejected, reason);
  assert.ok(steps.at(-1)! <= 4, `step ${steps.at(-1)} was still made`);
});

test("abort during the last update still rejects, and nothing is saved", async () => {
  const controller = new AbortController();
  const onProgress = (event: FineTuneEvent) => {
    if (event.type === "step" && event.step === 1) controller.abort(reason);
  };
  const rejected = await failedRun({
    train: rowsOf(1024),
    batchSize: 512,
    signal: controller.signal,
    onProgress,
  });
  assert.equal(rejected, reason);
});

test("abort while evaluating rejects before the evaluation is done", async () => {
  const controller = new AbortController();
  const types: string[] = [];
  const onProgress = (event: FineTuneEvent) => {
    types.push(event.type);
    if (event.type === "step" && event.step === 6) controller.abort(reason);
  };
  const options = { signal: controller.signal, onProgress, validation: rowsOf(4000), epochs: 2 };
  assert.equal(await failedRun(options), reason);
  assert.equal(types.at(-1), "step");
});

test("an AbortSignal's own reason comes through", async () => {
  const timeout = AbortSignal.timeout(300);
  const { rows } = endlessRows();
  const rejected = await failedRun({ signal: timeout, train: rows });
  assert.equal(rejected, timeout.reason);
  assert.equal((rejected as Error).name, "TimeoutError");
});

test("abort stops predict and evaluate, and the model goes on working", async () => {
  const texts = rowsOf(20_000).map(({ text }) => text);
  const { rows } = endlessRows();
  const calls = [
    (signal: AbortSignal) => model.predict(texts, { signal }),
    (signal: AbortSignal) => model.evaluate(rowsOf(20_000), { signal }),
    (signal: AbortSignal) => model.evaluate(rows, { signal }),
  ];
  for (const call of calls) {
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 50);
    assert.equal(await failureOf(call(controller.signal)), reason);
  }
  assert.equal((await model.predict(["the film was good"])).length, 1);
});

test("what onProgress throws is what the call rejects with, from whichever event", async () => {
  for (const type of ["start", "step", "evaluation", "saved"]) {
    const thrown = new Error(`from ${type}`);
    let calls = 0;
    const onProgress = (event: FineTuneEvent) => {
      if (event.type !== type) return;
      calls++;
      throw thrown;
    };
    outputDir = join(directory, `run-${++runs}`);
    const saves = type === "saved"; // by then the model lies complete in its directory
    const options = { ...tinyRun, train, validation: rowsOf(8), onProgress };
    assert.equal(
      await failureOf(fineTune({ ...options, outputDir: saves ? join(directory, "saved") : outputDir })),
      thrown,
    );
    assert.equal(calls, 1, `onProgress was called after it threw from ${type}`);
  }
});

test("what an async onProgress throws is what the call rejects with, too", async () => {
  const thrown = new Error("later");
  const onProgress = async () => {
    throw thrown;
  };
  outputDir = join(directory, `run-${++runs}`);
  assert.equal(await failureOf(fineTune({ ...tinyRun, train, onProgress, outputDir })), thrown);
});

test("what an iterable throws is what the call rejects with", async () => {
  const thrown = new TypeError("no more rows");
  function* failing() {
    yield* train;
    throw thrown;
  }
  async function* failingLater() {
    yield* rowsOf(2000);
    throw thrown;
  }
  const failingAtOnce = {
    [Symbol.iterator](): Iterator<{ text: string; label: string }> {
      throw thrown;
    },
  };
  const failingWhenClosed = (function* () {
    try {
      for (let number = 0; ; number++) yield* rowsOf(1, number);
    } finally {
      // biome-ignore lint/correctness/noUnsafeFinally: what a careless iterable does
      throw thrown;
    }
  })();
  assert.equal(await failedRun({ train: failing() }), thrown);
  assert.equal(await failedRun({ train: failingLater() }), thrown);
  assert.equal(await failedRun({ train: failingAtOnce }), thrown);
  assert.equal(await failedRun({ validation: failing() }), thrown);
  assert.equal(await failedRun({ validation: failingAtOnce }), thrown);
  assert.equal(await failedRun({ train: failingWhenClosed, limit: 1000 }), thrown);
  assert.equal(await failureOf(model.evaluate(failing())), thrown);
});

test("a row that cannot be copied is named", async () => {
  const rows = [...rowsOf(700), { text: "the film", label: "positive", save: () => {} }];
  const error = (await failedRun({ train: rows })) as Error & { code: string };
  assert.equal(error.code, "ERR_DATA");
  assert.match(error.message, /^train, row 701: Expected plain data but received .*could not be cloned/s);
});

test("a thread that is ended from outside rejects the calls under way and all later ones", async () => {
  const own = await fineTune({ ...tinyRun, train });
  const underWay = own.predict(rowsOf(20_000).map(({ text }) => text));
  setTimeout(() => startedWorkers.at(-1)!.terminate(), 50);
  const code = "ERR_RUNTIME";
  await assert.rejects(underWay, { code, message: "The compute thread ended with code 1" });
  await assert.rejects(own.predict(["a film"]), { code });
  await own.dispose();
  await assert.rejects(own.predict(["a film"]), { code: "ERR_DISPOSED" });
});

test("a thread that runs out of JavaScript memory rejects the run", async () => {
  limitWorkers({ maxOldGenerationSizeMb: 24 });
  try {
    // Without an output directory, whose lock would stay until it has not been renewed for long.
    const error = await failureOf(fineTune({ ...tinyRun, train: rowsOf(200_000) }));
    assert.equal(error.code, "ERR_RUNTIME");
    assert.match(error.message, /compute thread died: .*memory/);
  } finally {
    limitWorkers();
  }
});

test("a hundred calls that share a signal leave it one listener, and none when they are done", async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const warnings: Error[] = [];
  const onWarning = (warning: Error) => warnings.push(warning);
  process.on("warning", onWarning);
  const calls = Array.from({ length: 100 }, (_, row) => model.predict([rowsOf(1, row)[0]!.text], { signal }));
  assert.equal(getEventListeners(signal, "abort").length, 1);
  await Promise.all(calls);
  assert.equal(getEventListeners(signal, "abort").length, 0);

  const many = Array.from({ length: 200 }, (_, row) => rowsOf(1, row)[0]!.text);
  const aborted = Array.from({ length: 20 }, () => model.predict(many, { signal }));
  controller.abort(reason);
  const outcomes = await Promise.allSettled(aborted); // the first may be done before the abort comes, the last not
  assert.deepEqual(outcomes.at(-1), { status: "rejected", reason });
  assert.equal(getEventListeners(signal, "abort").length, 0);
  await new Promise((resolve) => setImmediate(resolve)); // a warning comes in a later turn
  process.off("warning", onWarning);
  assert.deepEqual(warnings, []);
});

test("models that are loaded with one signal leave it one listener, and none when that has failed", async () => {
  const { signal } = new AbortController();
  const loading = [1, 2].map(() => failureOf(loadModel(import.meta.dirname, { signal }))); // a folder without a model
  await new Promise((resolve) => setImmediate(resolve)); // they have looked for the folder
  assert.equal(getEventListeners(signal, "abort").length, 1);
  await Promise.all(loading);
  assert.equal(getEventListeners(signal, "abort").length, 0);
});
