import assert from "node:assert/strict";
import type { SpawnSyncReturns } from "node:child_process";
import { test } from "node:test";
import { judge } from "../../../lib/tensor/own-kernels/verdict.js";

/** A process that printed these lines and ended with 0, unless `rest` says otherwise. */
function ended(lines: readonly object[], rest: Partial<SpawnSyncReturns<string>> = {}) {
  const stdout = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  return { pid: 1, output: [], stdout, stderr: "", status: 0, signal: null, ...rest };
}

const tried = (name: string, problem?: string) => [{ trying: name }, { tried: name, problem }];

test("kernels that give what LibTorch's give are right, and others wrong, with their problem", () => {
  const run = () => ended([...tried("gelu"), ...tried("adamw", "their results in float32 differ by 3.0e-1")]);
  assert.deepEqual(judge(["gelu", "adamw"], run), {
    right: ["gelu"],
    wrong: [{ name: "adamw", problem: "their results in float32 differ by 3.0e-1" }],
  });
});

test("kernels that end their process are wrong, and those behind them are tried in the next process", () => {
  const asked: (readonly string[])[] = [];
  const verdict = judge(["gelu", "adamw", "dropout"], (names) => {
    asked.push(names);
    if (names.length === 1) return ended(tried("dropout"));
    const stderr = "node: stack\nan illegal memory access was encountered\n";
    return ended([...tried("gelu"), { trying: "adamw" }], { status: 1, stderr });
  });
  assert.deepEqual(asked, [["gelu", "adamw", "dropout"], ["dropout"]]);
  const problem = "their trial ended: an illegal memory access was encountered";
  assert.deepEqual(verdict, { right: ["gelu", "dropout"], wrong: [{ name: "adamw", problem }] });
});

test("kernels that never end are wrong", () => {
  const verdict = judge(["gelu"], () =>
    ended([{ trying: "gelu" }], {
      status: null,
      signal: "SIGKILL",
      error: new Error("spawnSync node ETIMEDOUT"),
    }),
  );
  const problem = "their trial ended: spawnSync node ETIMEDOUT";
  assert.deepEqual(verdict, { right: [], wrong: [{ name: "gelu", problem }] });
});

test("where no process can begin, the reason is told", () => {
  const none = { stdout: null as unknown as string, status: null, error: new Error("spawnSync node EAGAIN") };
  assert.equal(
    judge(["gelu"], () => ended([], none)),
    "spawnSync node EAGAIN",
  );
});

test("a process that ends before any trial, or is cut off within a line, says nothing of the kernels", () => {
  const outOfMemory = ended([], { status: 1, stderr: "CUDA out of memory\n" });
  assert.equal(
    judge(["gelu"], () => outOfMemory),
    "CUDA out of memory",
  );
  assert.equal(
    judge(["gelu"], () => ended([], { stdout: '{"try', status: null, signal: "SIGKILL" })),
    "the process was ended by SIGKILL",
  );
});

test("a trial that ends because memory is full, the GPU's or the machine's, says nothing of the kernels", () => {
  const full = { status: 1, stderr: "CUDA error: out of memory\n" };
  assert.equal(
    judge(["gelu", "adamw"], () => ended([...tried("gelu"), { trying: "adamw" }], full)),
    "CUDA error: out of memory",
  );
  assert.equal(
    judge(["gelu"], () => ended([{ trying: "gelu" }], { status: null, signal: "SIGKILL" })),
    "the process was ended by SIGKILL",
  );
});
