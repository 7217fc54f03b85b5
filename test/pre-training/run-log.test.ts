import assert from "node:assert/strict";
import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, test } from "node:test";
import { RunLog } from "../../lib/pre-training/run-log.js";
import { temporaryFolder } from "../runtime/fakes.js";

const line = (type: string, step: number) => JSON.stringify({ type, step });
const lines = [line("step", 2), line("evaluation", 2), line("step", 4), line("evaluation", 4)];

/** A directory that no other process takes. */
const ours = { check() {} };

const told: string[] = [];
const notify = (message: string) => told.push(message);
beforeEach(() => {
  told.length = 0;
});

/** What is left of the lines for a run that begins at `firstStep` of 4. */
function kept(folder: string, text: string, firstStep: number): string[] {
  const path = join(folder, "log.jsonl");
  writeFileSync(path, text);
  new RunLog(folder, { firstStep, totalSteps: 4, output: ours, notify });
  return readFileSync(path, "utf8").split("\n").slice(0, -1);
}

test("a log is cut back to where its run goes on", (t) => {
  const folder = temporaryFolder(t);
  const text = `${lines.join("\n")}\n`;
  assert.deepEqual(kept(folder, text, 0), []);
  assert.deepEqual(kept(folder, text, 3), lines.slice(0, 2));
  assert.deepEqual(kept(folder, text, 2), lines.slice(0, 2));
});

test("damaged lines are left out, and it is said how many they are", (t) => {
  const folder = temporaryFolder(t);
  const text = `null\n7\n"a"\n${lines[0]}\n{"type":"step"}\n{"type": "st`;
  assert.deepEqual(kept(folder, text, 3), [lines[0]]);
  const place = join(folder, "log.jsonl");
  assert.deepEqual(told, [`${place}: lines that were damaged or cut short, and are left out: 5`]);
});

test("nothing is said of a log that is whole, or of whose lines none would be kept", (t) => {
  const folder = temporaryFolder(t);
  kept(folder, `${lines.join("\n")}\n`, 3);
  kept(folder, `null\n${lines[0]}\n`, 0);
  assert.deepEqual(told, []);
});

test("a log knows the evaluations that are left in it", (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "log.jsonl"), `${lines.join("\n")}\n`);
  const log = new RunLog(folder, { firstStep: 3, totalSteps: 4, output: ours, notify });
  assert.deepEqual([log.hasEvaluation(2), log.hasEvaluation(3), log.hasEvaluation(4)], [true, false, false]);
});

test("a process that does not write the log does not read it, and leaves it as it is", (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, "log.jsonl");
  writeFileSync(path, `${lines.join("\n")}\n`);
  const log = new RunLog(folder, { firstStep: 3, totalSteps: 4, output: null, notify });
  assert.equal(log.hasEvaluation(2), false);
  assert.equal(readFileSync(path, "utf8"), `${lines.join("\n")}\n`);
});

test("of a run that is over all goes on but the last evaluation, which is made again", (t) => {
  assert.deepEqual(kept(temporaryFolder(t), `${lines.join("\n")}\n`, 4), lines.slice(0, 3));
});

test("a line that a crash cut short goes", (t) => {
  const folder = temporaryFolder(t);
  assert.deepEqual(kept(folder, `${lines[0]}\n${lines[2]!.slice(0, 9)}`, 4), [lines[0]]);
});

test("a log that is a link to elsewhere is refused, and what it leads to is left alone", (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "diary"), "mine");
  symlinkSync(join(folder, "diary"), join(folder, "log.jsonl"));
  assert.throws(() => new RunLog(folder, { firstStep: 0, totalSteps: 4, output: ours, notify }), {
    code: "ERR_OPTION",
    message: `Expected a directory whose log.jsonl is a file for outputDir but ${join(folder, "log.jsonl")} is a symbolic link`,
  });
  assert.equal(readFileSync(join(folder, "diary"), "utf8"), "mine");
});

test("a line is not written into the directory of another process", (t) => {
  const folder = temporaryFolder(t);
  let isLost = false;
  const output = {
    check() {
      if (isLost) throw new Error("lost");
    },
  };
  const log = new RunLog(folder, { firstStep: 0, totalSteps: 4, output, notify });
  log.write({ type: "step", step: 1 } as never);
  isLost = true;
  assert.throws(() => log.write({ type: "step", step: 2 } as never), /lost/);
  assert.equal(readFileSync(join(folder, "log.jsonl"), "utf8"), `${line("step", 1)}\n`);
});
