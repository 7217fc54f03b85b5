import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { diagnose } from "../../lib/runtime/diagnose.js";
import { BINARIES } from "../../lib/runtime/variant.js";

const binaries = diagnose().binaries!;

test("what runs on the CPU needs no library of CUDA", () => {
  for (const file of BINARIES) {
    const path = join(binaries, file);
    const dynamic = execFileSync("readelf", ["--dynamic", "--wide", path], { encoding: "utf8" });
    assert.match(dynamic, /\(NEEDED\)/);
    assert.doesNotMatch(dynamic, /\(NEEDED\).*(cuda|nvidia|cudnn|cublas|nccl)/i);
  }
});
