import "../support/own-process.js";
import "../support/one-thread.js";

import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import { fineTune, loadModel, type Model } from "../../lib/index.js";
import { onSmallDisk } from "../support/small-disk.js";
import { assertFails, directory, train } from "./refusals.js";
import { failureOf, tinyRun } from "./support.js";
import { assertNothingLeft } from "./workers.js";

let model: Model;
before(async () => {
  model = await fineTune({ ...tinyRun, train });
});
after(() => model.dispose());

afterEach(() => assertNothingLeft(1)); // the shared model's thread

test("an output directory with other files in it, or that cannot be written to, is refused at once", async () => {
  const used = join(directory, "used");
  mkdirSync(used);
  writeFileSync(join(used, "thesis.txt"), "irreplaceable");
  const plainFile = join(directory, "plain-file");
  writeFileSync(plainFile, "");
  let asked = false;
  const rows = (function* () {
    asked = true;
    yield* train;
  })();
  const places: [string, RegExp][] = [
    [
      used,
      /^Expected an empty or new directory for outputDir but received "DIR\/used", which holds files \(thesis\.txt\)/,
    ],
    [plainFile, /^Expected a writable directory for outputDir but received "DIR\/plain-file": EEXIST/],
    [
      join(plainFile, "inside"),
      /^Expected a writable directory for outputDir but received "DIR\/plain-file\/inside": ENOTDIR/,
    ],
    ["/proc/libbert", /^Expected a writable directory for outputDir but received "\/proc\/libbert": ENOENT/],
  ];
  for (const [outputDir, message] of places) {
    await assertFails(fineTune({ ...tinyRun, train: rows, outputDir }), { code: "ERR_OPTION", message });
    await assertFails(model.save(outputDir), { code: "ERR_OPTION", message });
  }
  assert.equal(asked, false);
  assert.deepEqual(readdirSync(used), ["thesis.txt"]);
  await model.save(used, { overwrite: true });
  assert.equal(readFileSync(join(used, "thesis.txt"), "utf8"), "irreplaceable");
});

test("a loss that diverges stops the run at its step; the last good weights are saved and work", async () => {
  const outputDir = join(directory, "diverged");
  await assertFails(fineTune({ ...tinyRun, train, outputDir, learningRate: 1e30 }), {
    code: "ERR_NON_FINITE",
    message:
      /^The loss became NaN and .* at step 3: .* The model has the weights after step 0 again\. They are in DIR\/diverged$/,
  });
  await using kept = await loadModel(outputDir, { task: "classification" });
  const { loss } = await kept.evaluate(train);
  assert.ok(Number.isFinite(loss));
  const report = JSON.parse(readFileSync(join(outputDir, "training_report.json"), "utf8"));
  assert.match(report.stopped, /at step 3/);
  assert.equal(report.stoppedEarly, false, "patience did not end it");
  assert.deepEqual([report.seed, report.options.seed], [tinyRun.seed, tinyRun.seed]);
});

const disk = join(directory, "disk");

test("a disk that is full while the model is saved leaves the old model as it was", (t) =>
  onSmallDisk(t, { disk, size: "150k" }, async () => {
    const target = join(disk, "model");
    await model.save(target);
    const before = readdirSync(target).map((name) => readFileSync(join(target, name)));
    await assertFails(model.save(target, { overwrite: true }), {
      code: "ERR_RUNTIME",
      message: /^Expected to write the model to DIR\/disk\/model for outputDir but received ENOSPC/,
    });
    assert.deepEqual(
      readdirSync(target).map((name) => readFileSync(join(target, name))),
      before,
    );
    await using old = await loadModel(target, { task: "classification", dtype: "float32" });
    assert.deepEqual(await old.predict(["a film"]), await model.predict(["a film"]));
  }));

test("a run whose disk is full at the end saves its model in another place and says where", (t) =>
  onSmallDisk(t, { disk, size: "60k" }, async () => {
    const error = await failureOf(fineTune({ ...tinyRun, train, outputDir: join(disk, "model") }));
    assert.match(
      error.message,
      /^Expected to write the model to .* for outputDir but received ENOSPC.* It was saved in (.*) instead$/,
    );
    const refuge = / It was saved in (.*) instead$/.exec(error.message)![1]!;
    await using saved = await loadModel(refuge, { task: "classification", dtype: "float32" });
    assert.deepEqual(await saved.predict(["a film"]), await model.predict(["a film"]));
    rmSync(refuge, { recursive: true });
  }));
