import "../support/one-thread.js";

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { type FineTuneEvent, fineTune, loadModel } from "../../lib/index.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { rowsOf, TINY, tinyRun } from "./support.js";

const folder = join(temporaryDirectory(), "model");
before(async () => {
  await using model = await loadModel(TINY);
  await model.save(folder);
});

/** What Node is warned of, loading the model. */
async function warningsOfLoading(): Promise<{ labels: readonly string[]; warnings: string[] }> {
  const warnings: string[] = [];
  const listener = ({ name, message }: Error) => warnings.push(`${name}: ${message}`);
  process.on("warning", listener);
  try {
    await using model = await loadModel(folder, { task: "classification" });
    await setImmediate(); // Node tells of a warning a little later
    return { labels: model.labels, warnings };
  } finally {
    process.off("warning", listener);
  }
}

test("a label that is renamed in a saved config.json counts, and one warning says that the file has changed", async () => {
  assert.deepEqual((await warningsOfLoading()).warnings, []);
  const config = join(folder, "config.json");
  writeFileSync(config, readFileSync(config, "utf8").replace('"neutral"', '"so-so"'));
  const { labels, warnings } = await warningsOfLoading();
  assert.deepEqual(labels, ["negative", "so-so", "positive"]);
  assert.equal(warnings.length, 1);
  assert.match(warnings[0]!, /^LibbertWarning: Files in .*: config\.json; restore them, unless/);
});

test("a training that begins with such a file says so in a notice", async () => {
  const events: FineTuneEvent[] = [];
  const onProgress = (event: FineTuneEvent) => events.push(event);
  await using _ = await fineTune({ ...tinyRun, model: folder, train: rowsOf(8), onProgress });
  const notices = events.flatMap((event) => (event.type === "notice" ? [event.message] : []));
  assert.deepEqual(notices.length, 1);
  assert.match(notices[0]!, /^Files in .*: config\.json; restore them, unless/);
});
