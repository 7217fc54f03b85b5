import "../support/one-thread.js";

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  type FineTuneEvent,
  type FineTuneOptionsByTask,
  fineTune,
  LibbertError,
  loadModel,
} from "../../lib/index.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { held, texts, train } from "./short-run.js";
import { rowsOf, TINY, tinyRun, writeTsv } from "./support.js";

const directory = temporaryDirectory();

test("the report says what the run was made from, with what, where and when", async () => {
  const folder = temporaryDirectory();
  const path = writeTsv(join(folder, "train.tsv"), rowsOf(20));
  const options = { ...tinyRun, train: path, validation: rowsOf(10), outputDir: join(folder, "run") };
  await using _ = await fineTune(options);
  const report = JSON.parse(readFileSync(join(options.outputDir, "training_report.json"), "utf8"));
  const sha256 = (file: string) => createHash("sha256").update(readFileSync(file)).digest("hex");
  assert.deepEqual(report.data, {
    train: [{ path, sha256: sha256(path) }],
    validation: null,
  });
  assert.deepEqual(report.model, {
    path: TINY,
    sha256: { "model.safetensors": sha256(join(TINY, "model.safetensors")) },
  });
  assert.equal(report.compute.dtype, "float32");
  assert.ok(report.compute.threads >= 1 && report.machine.cores >= 1 && report.machine.cpu.length > 0);
  const { version } = JSON.parse(readFileSync("package.json", "utf8"));
  assert.deepEqual([report.versions.libbert, report.versions.node], [version, process.version]);
  assert.match(report.versions.libtorch, /^LibTorch \d+\.\d+/);
  assert.equal(report.seconds, (Date.parse(report.ended) - Date.parse(report.started)) / 1000);
  assert.ok(report.seconds > 0);
});

test("the report has the options as they were used: lengths and sizes that the run chose, the seed of the model", async () => {
  const reportOf = async (options: object) => {
    const outputDir = join(directory, "resolved");
    const call = {
      ...tinyRun,
      maxSeqLength: undefined,
      microBatchSize: "auto",
      train,
      outputDir,
      overwrite: true,
    };
    await using _ = await fineTune({ ...call, ...options } as FineTuneOptionsByTask["classification"]);
    return JSON.parse(readFileSync(join(outputDir, "training_report.json"), "utf8"));
  };
  const { options } = await reportOf({});
  assert.deepEqual([options.maxSeqLength, options.microBatchSize, options.seed], [64, 16, 3]); // 64 positions
  const several = await reportOf({ seed: undefined, seeds: [5, 6], validation: held });
  assert.equal(several.options.seed, several.seed);
  assert.deepEqual(several.options.seeds, [5, 6]);
});

test("of two runs into one new directory the second is refused, and the first is not disturbed", async () => {
  const options = { ...tinyRun, outputDir: join(directory, "twice") };
  let second: unknown;
  async function* rowsAfterTheSecond() {
    second = await fineTune({ ...options, train }).catch((error) => error);
    yield* rowsOf(93);
  }
  await using first = await fineTune({ ...options, train: rowsAfterTheSecond() });
  assert.ok(second instanceof LibbertError);
  assert.equal(second.code, "ERR_OPTION");
  assert.match(
    second.message,
    /^Expected a directory that no other run uses for outputDir but received ".*twice", /,
  );
  await using saved = await loadModel(options.outputDir, { task: "classification", dtype: "float32" });
  assert.deepEqual(await saved.predict(texts), await first.predict(texts));
});

test("a run that fails or whose listener rejects leaves no directory, and rejects with what the listener did", async () => {
  const outputDir = join(directory, "made/for/nothing");
  const error = new Error("mine");
  const onProgress = async ({ type }: FineTuneEvent) => {
    if (type === "start") throw error;
  };
  await assert.rejects(fineTune({ ...tinyRun, train, outputDir, onProgress }), error);
  await assert.rejects(fineTune({ ...tinyRun, train: "none.tsv", outputDir }), { code: "ERR_DATA" });
  assert.equal(existsSync(join(directory, "made")), false);
});
