import "../support/one-thread.js";

import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { lockDirectory } from "../../lib/files/directory-lock.js";
import { fineTune, loadModel } from "../../lib/index.js";
import { packageRoot } from "../../lib/runtime/paths.js";
import { rowsOf, tinyRun } from "../session/support.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { tries } from "./tries.js";

test("models that are saved over one another while they are loaded are never mixed", async () => {
  const folder = join(temporaryDirectory(), "model");
  const train = rowsOf(90);
  const [positive, negative] = [train[0]!.text, train[1]!.text];
  // What one calls class 0, the other calls class 1: the weights of one with the labels of the other tell the opposite.
  const trained = (labels: string[]) => fineTune({ ...tinyRun, train, labels, epochs: 6 });
  await using one = await trained(["positive", "negative"]);
  await using other = await trained(["negative", "positive"]);
  const assertTellsRight = async (model: typeof one) => {
    const predictions = await model.predict([positive, negative]);
    assert.deepEqual(
      predictions.map(({ label }) => label),
      ["positive", "negative"],
    );
  };
  for (const model of [one, other]) await assertTellsRight(model);

  await one.save(folder);
  let isOver = false;
  const savedOver = async (model: typeof one) => {
    while (!isOver) await model.save(folder, { overwrite: true });
  };
  const saving = Promise.all([savedOver(one), savedOver(other)]);
  try {
    for (let load = 0; load < tries(2, 200); load++) {
      await using model = await loadModel(folder, { task: "classification", dtype: "float32" });
      await assertTellsRight(model);
    }
  } finally {
    isOver = true;
    await saving;
  }
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith(".")),
    [],
  );
});

const TAKER = join(packageRoot, "dist/test/faults/take-lock.js");

test("of several processes that find the same stale lock, one takes it over", async () => {
  const takers = Array.from({ length: tries(3, 6) }, () => fork(TAKER));
  const answersOf = (message: object) =>
    Promise.all(
      takers.map(async (taker) => {
        taker.send(message);
        return (await once(taker, "message"))[0] as boolean;
      }),
    );
  const directory = temporaryDirectory();
  for (let round = 0; round < tries(5, 1000); round++) {
    const folder = join(directory, String(round));
    mkdirSync(folder);
    await leaveStaleLock(folder);
    const holders = (await answersOf({ take: folder })).filter(Boolean);
    assert.equal(holders.length, 1, `round ${round}`);
    await answersOf({ release: folder });
    assert.deepEqual(readdirSync(folder), [], `round ${round}`);
  }
  for (const taker of takers) taker.disconnect();
});

async function leaveStaleLock(folder: string): Promise<void> {
  const lock = await lockDirectory(folder, { option: "outputDir", purpose: "run" });
  const owner = JSON.parse(readFileSync(join(lock.folder, "owner.json"), "utf8"));
  lock[Symbol.dispose]();
  const left = join(folder, ".lock", owner.token);
  mkdirSync(left, { recursive: true });
  writeFileSync(join(left, "owner.json"), JSON.stringify({ ...owner, started: "1" }));
  writeFileSync(join(left, "renewed"), "");
}
