import "../support/one-thread.js";

import assert from "node:assert/strict";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { type AblationEvent, ablate, type PretrainOptions, report } from "../../lib/index.js";
import { rowsOf } from "../report/markup.js";
import { prepareTinyCorpus } from "../support/pretraining-runs.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const directory = temporaryDirectory();
let base: Partial<PretrainOptions>;

before(async () => {
  const data = await prepareTinyCorpus(join(directory, "shards"));
  base = {
    data,
    size: "tiny",
    steps: 4,
    batchSize: 4,
    maxSeqLength: 32,
    logEvery: 2,
    evaluationSequences: 8,
  };
});

test("variants and seeds are trained, compared, and not trained again", async () => {
  const outputDir = join(directory, "masking");
  const options = {
    base,
    variants: { "80/10/10": {}, causal: { objective: "causal" as const } },
    seeds: [1, 2],
    outputDir,
  };
  const pages: Promise<string>[] = []; // of the comparison as it goes on
  const [bert, causal] = await ablate({
    ...options,
    onProgress(event) {
      if (event.type !== "run") return;
      pages.push(report({ runs: outputDir, output: join(directory, `${event.run}.html`) }));
    },
  });
  const [before, , , late] = (await Promise.all(pages)).map((path) => readFileSync(path, "utf8"));
  assert.match(before!, />0 of 4 runs are done; it goes on, or was interrupted\.</);
  assert.match(late!, />3 of 4 runs are done; it goes on, or was interrupted\.</);
  assert.deepEqual(
    rowsOf(late!, "Each variant").map(([variant, seeds]) => [variant, seeds]),
    [
      ["80/10/10", "2"],
      ["causal", "1"],
    ],
  );
  assert.ok(!readdirSync(outputDir).includes(".partial-results.json"));
  assert.deepEqual([bert!.variant, bert!.seeds, causal!.variant], ["80/10/10", 2, "causal"]);
  assert.ok(bert!.trainLoss.deviation! > 0, "two seeds differ");
  assert.equal(causal!.nspAccuracy, null);

  const curves = readFileSync(join(outputDir, "curves.csv"), "utf8").trimEnd().split("\n");
  assert.equal(curves.length, 1 + 2 * 2 * 2); // header; variants, seeds, lines of the log
  assert.match(
    readFileSync(join(outputDir, "table.md"), "utf8"),
    /\| causal \| 2 \| \d\.\d{4} ± \d\.\d{4} \| – \|/,
  );

  const events: AblationEvent[] = [];
  const again = await ablate({ ...options, onProgress: (event) => events.push(event) });
  assert.deepEqual(again, [bert, causal]);
  assert.deepEqual(
    events.map((event) => event.type === "run" && event.done),
    [true, true, true, true],
  );
});

test("a comparison that was stopped goes on with the run that it was in", async () => {
  const outputDir = join(directory, "stopped");
  const options = {
    base: { ...base, logEvery: 1 },
    variants: { one: {}, two: { maskRate: 0.3 } },
    outputDir,
  };
  const controller = new AbortController();
  const stopped = ablate({
    ...options,
    signal: controller.signal,
    onProgress: (event) => {
      if (event.type === "run" && event.run === 2) controller.abort(new Error("enough"));
    },
  });
  await assert.rejects(stopped, /enough/);
  const done: boolean[] = [];
  await ablate({ ...options, onProgress: (event) => event.type === "run" && done.push(event.done) });
  assert.deepEqual(done, [true, false]);
});

test("a variant's misspelt option is refused before anything is trained", async () => {
  const outputDir = join(directory, "misspelt");
  await assert.rejects(ablate({ base, variants: { fine: {}, bad: { maskRat: 0.3 } as object }, outputDir }), {
    code: "ERR_OPTION",
    message: /maskRat.*maskRate/,
  });
  assert.ok(!existsSync(outputDir));
});

test("results of other options, or of another variant, are never taken for a run's own", async () => {
  const outputDir = join(directory, "changed");
  const call = { base, variants: { one: {} }, outputDir };
  await ablate(call);
  await assert.rejects(ablate({ ...call, base: { ...base, maskRate: 0.3 } }), {
    code: "ERR_OPTION",
    message: /^Expected the options that .*one\/seed-1 was trained with but received others for maskRate; /,
  });
  const alike = await ablate({ ...call, variants: { "a b": {}, "a-b": { maskRate: 0.3 } } });
  assert.notEqual(alike[0]!.trainLoss.mean, alike[1]!.trainLoss.mean);
});

test('a dtype of "auto" is what it comes to, and runs that are done with other threads are told of', async () => {
  const outputDir = join(directory, "computed");
  const ran = async (options: object, variants: object = { one: {} }) => {
    const events: AblationEvent[] = [];
    const onProgress = (event: AblationEvent) => events.push(event);
    await ablate({ base: { ...base, ...options }, variants: { ...variants }, outputDir, onProgress });
    return events;
  };
  const start = (await ran({ threads: 1 })).find((event) => event.type === "start");
  const again = await ran({ threads: 2, dtype: start!.dtype });
  assert.deepEqual(
    again.map((event) => event.type === "run" && event.done),
    [true],
  );
  const dtype = start!.dtype === "float32" ? "bfloat16" : "float32";
  await assert.rejects(ran({ threads: 1, dtype }), { message: /received others for dtype; / });
  const events = await ran({ threads: 2 }, { one: {}, two: { maskRate: 0.3 } });
  const [notice] = events.flatMap((event) => (event.type === "notice" ? event.message : []));
  assert.match(notice!, /^computing on cpu with 2 threads instead of cpu with 1 thread: /);
});

test("a comparison goes on with data that moved and another interval of the log, but not with other data", async () => {
  const outputDir = join(directory, "moved");
  const call = { base, variants: { one: {} }, outputDir };
  const [before] = await ablate(call);
  const snapshots = join(outputDir, "one/seed-1/snapshots");
  assert.ok(!existsSync(snapshots));
  mkdirSync(join(snapshots, "step-000000003"), { recursive: true }); // of a process killed when its result was there
  const moved = join(directory, "moved-shards");
  cpSync(base.data!, moved, { recursive: true });
  const known: boolean[] = [];
  const onProgress = (event: AblationEvent) => event.type === "run" && known.push(event.done);
  const again = await ablate({ ...call, base: { ...base, data: moved, logEvery: 1 }, onProgress });
  assert.deepEqual(again, [before]);
  assert.deepEqual(known, [true]);
  assert.ok(!existsSync(snapshots));

  const other = await prepareTinyCorpus(join(directory, "other"), { count: 40 });
  await assert.rejects(ablate({ ...call, base: { ...base, data: other } }), {
    code: "ERR_OPTION",
    message: /was trained with but received others for phases; /,
  });
  await assert.rejects(ablate({ ...call, base: { ...base, evaluationSequences: 4 } }), {
    message: /received others for evaluationSequences; /,
  });
});

test("a variant with options that do not go together is refused before anything is trained", async () => {
  const outputDir = join(directory, "apart");
  const variants = { fine: {}, apart: { objective: "causal", maskRate: 0.3 } as const };
  await assert.rejects(ablate({ base, variants, outputDir }), { code: "ERR_OPTION", option: "maskRate" });
  assert.ok(!existsSync(outputDir));
});

test("a copy of a comparison's folder, made in the middle of a run, goes on as the original does", async () => {
  const outputDir = join(directory, "original");
  const copy = join(directory, "copied");
  const call = { base: { ...base, snapshotEvery: 1 }, variants: { one: {}, two: { maskRate: 0.3 } } };
  const whole = await ablate({
    ...call,
    outputDir,
    onProgress: (event) => {
      if (event.type !== "snapshot" || event.step !== 3 || existsSync(copy)) return;
      cpSync(outputDir, copy, { recursive: true });
    },
  });
  const hourAgo = Date.now() / 1000 - 3600;
  const copied = readdirSync(copy, { recursive: true, encoding: "utf8" });
  const locks = copied.filter((path) => path.endsWith("/renewed"));
  assert.ok(locks.length >= 2);
  for (const lock of locks) utimesSync(join(copy, lock), hourAgo, hourAgo); // nobody renews them
  const notices: string[] = [];
  const again = await ablate({
    ...call,
    outputDir: copy,
    onProgress: (event) => event.type === "notice" && notices.push(event.message),
  });
  assert.deepEqual(again, whole);
  assert.match(notices[0]!, /was locked by process \d+ on .*: it is this run's now$/);

  // The runs are done: what the comparison needs of them is in their logs.
  const log = join(copy, "one", "seed-1", "log.jsonl");
  for (const content of ["null\n", ""]) {
    writeFileSync(log, content);
    await assert.rejects(ablate({ ...call, outputDir: copy }), {
      code: "ERR_DATA",
      message: /log\.jsonl.*delete/,
    });
  }
});
