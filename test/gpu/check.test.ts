import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { isOnPath } from "../../lib/runtime/paths.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const reference = process.env.LIBBERT_REFERENCE_PYTHON;

/** A stage of a second for a step that succeeds, one that fails, one that hangs, and one for which no time is left. */
const STAGE = `
import pathlib, sys
sys.path.insert(0, "test/gpu")
from steps import Stage, Step
stage = Stage(pathlib.Path(sys.argv[1]), 1.5)
stage.run(Step("fine", ["echo", "ok   one\\nall passed"], 60),
          Step("wrong", ["sh", "-c", "echo FAIL $WORD; exit 3"], 60, {"WORD": "two"}),
          Step("hanging", ["sh", "-c", "echo begun; sleep 60"], 60),
          Step("late", ["echo", "three"], 60))
sys.exit(0 if stage.passed else 1)
`;

test("of steps that fail, hang or have no time left, each leaves its result, and the stage has not passed", {
  skip: isOnPath("python3") ? false : "there is no python3",
}, () => {
  const report = join(temporaryDirectory(), "report.md");
  const child = spawnSync("python3", ["-c", STAGE, report], { encoding: "utf8" });
  assert.equal(child.status, 1, child.stderr);
  const text = readFileSync(report, "utf8");
  assert.match(text, /## fine: ok, 0 s\n\n```text\n1 checks passed\nall passed\n```/);
  assert.match(text, /## wrong: failed with 3, 0 s\n\n`WORD=two`\n\n```text\nFAIL two\n```/);
  assert.match(text, /## hanging: ended after 1 s, \d s\n\n```text\nbegun\n```/);
  assert.match(text, /## late: not begun: the time is up, 0 s/);
});

test("gpu:check refuses to start where no GPU is, and says so", {
  skip: reference
    ? existsSync("/proc/driver/nvidia/version") && "there is an NVIDIA driver"
    : "LIBBERT_REFERENCE_PYTHON is not set: no PyTorch to ask for a GPU",
}, () => {
  const child = spawnSync(reference!, ["test/gpu/check.py"], { encoding: "utf8" });
  assert.equal(child.status, 1);
  assert.match(child.stderr, /^Expected a GPU that torch can use for gpu:check but received torch \d/);
});
