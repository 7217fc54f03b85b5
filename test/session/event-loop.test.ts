import "../support/own-process.js";

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { type FineTuneEvent, fineTune, pretrain } from "../../lib/index.js";
import { prepareTinyCorpus } from "../support/pretraining-runs.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { failureOf, MINILM, rowsOf, SST2, tinyRun, withoutMiniLM } from "./support.js";

const INTERVAL = 10;

/** How late, in milliseconds, a 10 ms timer was while `work` was going on: the 99th percentile, and the count. */
async function timerLateness(work: () => Promise<unknown>): Promise<{ p99: number; ticks: number }> {
  const lateness: number[] = [];
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    lateness.push(now - last - INTERVAL);
    last = now;
  }, INTERVAL);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  lateness.push(performance.now() - last - INTERVAL); // a wait that no tick ended
  lateness.sort((a, b) => a - b);
  return { p99: lateness[Math.floor(0.99 * lateness.length)]!, ticks: lateness.length };
}

async function assertFree(
  t: { diagnostic(message: string): void },
  work: () => Promise<unknown>,
): Promise<void> {
  const { p99, ticks } = await timerLateness(work);
  t.diagnostic(`99th percentile of ${ticks} ticks: ${p99.toFixed(1)} ms late`);
  assert.ok(ticks >= 20, `only ${ticks} ticks: too little work to tell`);
  assert.ok(p99 < 50, `a 10 ms timer was ${p99.toFixed(1)} ms late (99th percentile)`);
}

test("a timer of the application is on time while MiniLM trains", { skip: withoutMiniLM }, async (t) => {
  await assertFree(t, async () => {
    await using model = await fineTune({
      task: "classification",
      model: MINILM,
      train: join(SST2, "train.tsv"),
      limit: 320,
      epochs: 1,
    });
    assert.equal(model.training!.steps, 10);
  });
});

test("a timer of the application is on time while 50,000 rows of an array are handed over", async (t) => {
  const train = rowsOf(50_000);
  await assertFree(t, async () => {
    const controller = new AbortController();
    let rows = 0;
    const onProgress = (event: FineTuneEvent) => {
      if (event.type === "start") rows = event.rows;
      controller.abort(); // all rows are there: training on them would take long and show nothing more
    };
    await failureOf(fineTune({ ...tinyRun, train, signal: controller.signal, onProgress }));
    assert.equal(rows, 50_000);
  });
});

test("a timer of the application is on time while an iterable computes each row", async (t) => {
  function* slowly() {
    for (const row of rowsOf(1500)) {
      const start = performance.now();
      while (performance.now() - start < 0.5);
      yield row;
    }
  }
  await assertFree(t, async () => {
    await using _ = await fineTune({ ...tinyRun, train: slowly(), batchSize: 512 });
  });
});

test("a timer of the application is on time while 5,000 texts are predicted", async (t) => {
  await using model = await fineTune({ ...tinyRun, train: rowsOf(64) });
  const texts = rowsOf(5000).map(({ text }) => text);
  await assertFree(t, async () => {
    for (let round = 0; round < 4; round++) assert.equal((await model.predict(texts)).length, 5000);
  });
});

test("a timer of the application is on time while a model is pre-trained, evaluated and kept", async (t) => {
  const directory = temporaryDirectory();
  const data = await prepareTinyCorpus(join(directory, "shards"));
  await assertFree(t, async () => {
    const { steps } = await pretrain({
      data,
      size: "tiny",
      steps: 30,
      batchSize: 32,
      maxSeqLength: 128,
      snapshotEvery: 5,
      evaluateEvery: 10,
      outputDir: join(directory, "run"),
    });
    assert.equal(steps, 30);
  });
});
