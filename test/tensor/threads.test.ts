import assert from "node:assert/strict";
import { test } from "node:test";
import { usableProcessors } from "../../lib/runtime/processors.js";
import { numThreads } from "../../lib/tensor/process.js";
import { useThreads } from "../../lib/tensor/threads.js";
import { setEnvironment } from "../runtime/fakes.js";

test("the option counts, then LIBBERT_THREADS, then OpenMP's own variable, then the processors", (t) => {
  setEnvironment(t, { LIBBERT_THREADS: "3", OMP_NUM_THREADS: undefined });
  useThreads(2);
  assert.equal(numThreads(), 2);
  useThreads(undefined);
  assert.equal(numThreads(), 3);
  setEnvironment(t, { LIBBERT_THREADS: undefined, OMP_NUM_THREADS: "1" });
  useThreads(undefined);
  assert.equal(numThreads(), 3, "OpenMP has read its variable when it was loaded");
  setEnvironment(t, { LIBBERT_THREADS: undefined, OMP_NUM_THREADS: undefined });
  useThreads(undefined);
  assert.equal(numThreads(), usableProcessors());
});

test("a LIBBERT_THREADS that is no number of threads is refused by name", (t) => {
  for (const value of ["two", "0", "1.5", "-1", "1025", " "]) {
    setEnvironment(t, { LIBBERT_THREADS: value });
    assert.throws(() => useThreads(undefined), {
      code: "ERR_OPTION",
      message: `Expected a number of threads from 1 to 1024 for LIBBERT_THREADS but received "${value}"`,
    });
  }
});
