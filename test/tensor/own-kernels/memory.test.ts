import assert from "node:assert/strict";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadNative } from "../../../lib/runtime/load.js";
import { recallVerdict, rememberVerdict } from "../../../lib/tensor/own-kernels/memory.js";
import { temporaryDirectory } from "../../support/temporary-directory.js";

const H100 = { name: "NVIDIA H100", capability: "9.0", totalMemory: 85e9 };
const A100 = { name: "NVIDIA A100", capability: "8.0", totalMemory: 40e9 };
const verdict = { right: ["gelu"], wrong: [{ name: "adamw", problem: "their trial ended: it hung" }] };

loadNative(); // before the cache, where LibTorch is, becomes another

test("a verdict on one kind of GPU is recalled for that kind alone", () => {
  process.env.LIBBERT_CACHE = temporaryDirectory();
  assert.equal(recallVerdict(H100), null);
  rememberVerdict(H100, verdict);
  assert.deepEqual(recallVerdict(H100), verdict);
  assert.equal(recallVerdict(A100), null);
});

test("a verdict that cannot be read is none", () => {
  const cache = temporaryDirectory();
  process.env.LIBBERT_CACHE = cache;
  rememberVerdict(H100, verdict);
  const [file] = readdirSync(join(cache, "kernels"));
  for (const text of ["", "{}", '{"right": "gelu", "wrong": []}']) {
    writeFileSync(join(cache, "kernels", file!), text);
    assert.equal(recallVerdict(H100), null, text);
  }
});

test("a cache that cannot be written to is no obstacle", () => {
  process.env.LIBBERT_CACHE = "/dev/null/libbert";
  rememberVerdict(H100, verdict);
  assert.equal(recallVerdict(H100), null);
});
