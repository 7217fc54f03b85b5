import "../support/one-thread.js";

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadModel } from "../../lib/index.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { rowsOf, TINY, tinyRun, writeTsv } from "./support.js";

const directory = temporaryDirectory();
const train = writeTsv(join(directory, "train.tsv"), rowsOf(600));
const library = new URL("../../lib/index.js", import.meta.url).href;

interface Outcome {
  code: number | null;
  signal: NodeJS.Signals | null;
  output: string;
}

/**
 * Runs a program in a process of its own, with `fineTune`, `loadModel` and `options` (endless training) in reach.
 *
 * @param onOutput is told what it has written so far, and may send a signal
 */
function run(program: string, onOutput?: (output: string, child: ChildProcess) => void): Promise<Outcome> {
  const options = { ...tinyRun, train, epochs: 100_000 };
  const source = `
    import { fineTune, loadModel } from ${JSON.stringify(library)};
    const options = ${JSON.stringify(options)};
    ${program}`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", source], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const listen = (chunk: Buffer) => {
    output += chunk;
    onOutput?.(output, child);
  };
  child.stdout.on("data", listen);
  child.stderr.on("data", listen);
  return new Promise((resolve) => child.on("close", (code, signal) => resolve({ code, signal, output })));
}

test("a process that forgets to dispose exits by itself with code 0", async () => {
  const outcome = await run(`
    const model = await loadModel(${JSON.stringify(TINY)});
    console.log((await model.predict(["a film"])).length);`);
  assert.deepEqual(outcome, { code: 0, signal: null, output: "1\n" });
});

test("a process whose run was aborted or failed exits by itself with code 0", async () => {
  const outcome = await run(`
    const signal = AbortSignal.timeout(700);
    await fineTune({ ...options, signal }).catch((error) => console.log(error.name));
    await fineTune({ ...options, train: "nowhere.tsv" }).catch((error) => console.log(error.code));
    async function* stalled() {
      yield { text: "a film", label: "good" };
      await new Promise(() => {});
    }
    await fineTune({ ...options, train: stalled(), signal: AbortSignal.timeout(300) })
      .catch((error) => console.log(error.name));`);
  assert.deepEqual(outcome, { code: 0, signal: null, output: "TimeoutError\nERR_DATA\nTimeoutError\n" });
});

test("process.exit in the middle of training keeps its exit code", async () => {
  const outcome = await run(`
    let steps = 0;
    await fineTune({ ...options, onProgress: ({ type }) => type === "step" && ++steps === 5 && process.exit(7) });`);
  assert.deepEqual(outcome, { code: 7, signal: null, output: "" });
});

test("process.exit while predictions are computed keeps its exit code", async () => {
  const outcome = await run(`
    const model = await loadModel(${JSON.stringify(TINY)});
    void model.predict(Array.from({ length: 20000 }, () => "the film was good"));
    setTimeout(() => process.exit(7), 150);`);
  assert.deepEqual(outcome, { code: 7, signal: null, output: "" });
});

test("an exception that nobody catches ends a training process with its message and code 1", async () => {
  const { code, signal, output } = await run(`
    void fineTune(options);
    setTimeout(() => { throw new Error("the application's own"); }, 800);`);
  assert.deepEqual({ code, signal }, { code: 1, signal: null });
  assert.match(output, /the application's own/);
});

test("SIGTERM in the middle of training ends the process by that signal", async () => {
  const outputDir = join(directory, "terminated");
  let sent = false;
  const { signal } = await run(
    `await fineTune({ ...options, outputDir: ${JSON.stringify(outputDir)}, onProgress: (e) => console.log(e.type) });`,
    (output, child) => {
      if (!sent && output.includes("step\nstep")) sent = child.kill("SIGTERM");
    },
  );
  assert.equal(signal, "SIGTERM");
  // Of a process that is no more; the next run here takes the place of both.
  assert.deepEqual(readdirSync(outputDir).sort(), [".lock", ".partial-log.jsonl"]);
});

test("a process killed while it saves leaves a whole model behind, or none", async () => {
  // One model is saved over and over; the longer the delay, the more whole models there were before.
  for (const delay of [0, 1, 2, 3, 5, 8]) {
    const target = join(directory, `killed-${delay}`);
    let sent = false;
    const { signal } = await run(
      `const model = await loadModel(${JSON.stringify(TINY)});
      console.log("saving");
      for (;;) await model.save(${JSON.stringify(target)}, { overwrite: true });`,
      (_, child) => {
        if (sent) return;
        sent = true;
        setTimeout(() => child.kill(delay % 2 === 0 ? "SIGKILL" : "SIGTERM"), delay);
      },
    );
    assert.match(signal!, /SIGKILL|SIGTERM/);
    if (!existsSync(join(target, "config.json"))) continue;
    await using model = await loadModel(target, { task: "classification" });
    assert.equal((await model.predict(["a film"])).length, 1);
    await model.save(target, { overwrite: true }); // what the killed process left is in nobody's way
    assert.deepEqual(
      readdirSync(target).filter((name) => name.startsWith(".")),
      [],
    );
  }
});
