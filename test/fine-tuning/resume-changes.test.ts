import "../support/one-thread.js";

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { checkSameSettings } from "../../lib/fine-tuning/deciding-settings.js";
import type { FineTuneState } from "../../lib/fine-tuning/run-state.js";
import { rowsOf, tinyRun, writeTsv } from "../session/support.js";
import { killedRun, noticesOf, remainsOf, resumed, run } from "../support/fine-tuning-runs.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const directory = temporaryDirectory();
const files = { train: join(directory, "train.tsv"), validation: join(directory, "dev.tsv") };
writeTsv(files.train, rowsOf(45));
writeTsv(files.validation, rowsOf(12, 200));
const options = { ...tinyRun, ...files, batchSize: 12, epochs: 1, snapshotEvery: 1 };

let runs = 0;
const newOutputDir = () => join(directory, `run-${++runs}`);

/** A folder of a run that was killed after its third update. */
async function interrupted(more: object = {}): Promise<string> {
  const outputDir = newOutputDir();
  await killedRun({ ...options, ...more, outputDir }, 7);
  return outputDir;
}

test("options of rows that leave the rows as they were do not keep a run from going on", async () => {
  const straight = newOutputDir();
  await run({ ...options, outputDir: straight });
  for (const idle of [{ limit: 45 }, { limit: 1000 }, { columns: { text: "text", label: "label" } }]) {
    const outputDir = await interrupted();
    const { events } = await resumed(outputDir, idle);
    assert.deepEqual(noticesOf(events), []);
    assert.deepEqual(remainsOf(outputDir), remainsOf(straight), JSON.stringify(idle));
  }
  await assert.rejects(resumed(await interrupted(), { limit: 44 }), {
    message: "Expected no value, as in the run to resume, for limit but received 44",
  });
});

test("columns that leave a model's tokens as they were count where a teacher reads the texts", () => {
  const columns = { text: "lower" };
  const changesOf = (teacher: object) => {
    const state = { settings: { train: "45 rows", ...teacher }, course: { steps: [], stoppedEarly: false } };
    const asked = { train: "45 rows", ...teacher, columns, limit: 1000 };
    return checkSameSettings(state as unknown as FineTuneState, asked, 1, { changeSchedule: false });
  };
  assert.deepEqual(changesOf({}), []);
  assert.throws(() => changesOf({ teacher: "sha256" }), { option: "columns" });
});

test("a run of one seed does not become one of several, nor one of several one of others", async () => {
  const one = await interrupted();
  await assert.rejects(resumed(one, { seeds: [1, 2] }), {
    message: "Expected no value, as in the run to resume, for seeds but received [1,2]",
  });
  const several = { seed: undefined, seeds: [3, 4] };
  const two = await interrupted(several);
  await assert.rejects(resumed(two, { seeds: [5, 6] }), { option: "seeds" });
  await resumed(two, several);
});

test("patience that the run did not have is refused by its own name", async () => {
  await assert.rejects(resumed(await interrupted(), { patience: 2 }), {
    message: "Expected no value, as in the run to resume, for patience but received 2",
  });
});
