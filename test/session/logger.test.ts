import "../support/one-thread.js";

import assert from "node:assert/strict";
import { appendFileSync, cpSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fineTune, type Logger, loadModel, pretrain, search } from "../../lib/index.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { failureOf, rowsOf, TINY, tinyRun } from "./support.js";

const directory = temporaryDirectory();

/** A logger of pino's shape, and what it was told. */
function listening() {
  const told: { level: string; type?: unknown; err?: unknown; message: string }[] = [];
  const listen = (level: string) => (facts: { type?: unknown; err?: unknown }, message: string) =>
    void told.push({ level, ...facts, message });
  const logger: Logger = {
    debug: listen("debug"),
    info: listen("info"),
    warn: listen("warn"),
    error: listen("error"),
  };
  const of = (level: string) => told.filter((one) => one.level === level).map(({ message }) => message);
  return { logger, told, of };
}

test("a run tells its logger what it tells onProgress, in sentences, each at its level", async () => {
  const { logger, told, of } = listening();
  const events: string[] = [];
  const outputDir = join(directory, "model");
  const rows = { train: rowsOf(32), validation: rowsOf(8) };
  const onProgress = ({ type }: { type: string }) => void events.push(type);
  await using model = await fineTune({ ...tinyRun, ...rows, outputDir, logger, onProgress });
  assert.deepEqual(
    told.map(({ type }) => type),
    events,
  );
  assert.match(
    of("info")[0]!,
    /^Training on 32 rows with 2 labels \(negative, positive\): 2 updates in 1 epoch\n/,
  );
  assert.match(of("info")[1]!, /^Evaluation after step 2 \(epoch 1\) on 8 rows: accuracy /);
  assert.equal(of("info")[2], `Saved in ${outputDir}`);
  assert.match(of("debug")[0]!, /^Step 1\/2, epoch 1: loss \d/);
  await model.dispose();

  const heard = listening();
  const warnings: Error[] = [];
  const listen = (warning: Error) => void warnings.push(warning);
  process.on("warning", listen);
  const changed = join(directory, "changed");
  cpSync(outputDir, changed, { recursive: true });
  appendFileSync(join(changed, "config.json"), "\n");
  await using loaded = await loadModel(changed, { logger: heard.logger, task: "classification" });
  assert.equal(heard.of("warn").length, 1);
  const guessed = rowsOf(4).map(({ text, label }) => ({ phrase: text, label }));
  await loaded.evaluate(guessed); // on the compute thread, and after the call that had the logger
  assert.match(heard.of("warn")[1]!, /^the column "phrase" is read as the text/);
  process.off("warning", listen);
  assert.deepEqual(warnings, []);
});

test("what ends a call is told as an error, unless its caller ended it", async () => {
  const { logger, told, of } = listening();
  const options = { ...tinyRun, train: rowsOf(32), logger };
  await failureOf(fineTune({ ...options, model: join(directory, "none") }));
  assert.match(of("error")[0]!, /none/);
  assert.ok(told[0]!.err instanceof Error);
  await failureOf(pretrain({ outputDir: join(directory, "pretrained"), logger }));
  assert.match(of("error")[1]!, /data/);
  const signal = AbortSignal.abort(new Error("enough"));
  await failureOf(
    search({
      ...options,
      validation: rowsOf(8),
      grid: { seed: [1] },
      outputDir: join(directory, "search"),
      signal,
    }),
  );
  assert.equal(of("error").length, 2);
});

test("a logger that throws ends the call, as onProgress does", async () => {
  const { logger } = listening();
  const broken = {
    ...logger,
    debug() {
      throw new Error("no disk");
    },
  };
  const error = await failureOf(fineTune({ ...tinyRun, model: TINY, train: rowsOf(32), logger: broken }));
  assert.equal(error.message, "no disk");
});
