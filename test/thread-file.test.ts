import assert from "node:assert/strict";
import { test } from "node:test";
import { threadFile } from "../lib/thread-file.js";

test("a thread's file is found beside the code that starts it", () => {
  const lib = new URL("../lib/session/compute-session.js", import.meta.url).href;
  assert.equal(threadFile("compute-thread.js", lib).href, new URL("./compute-thread.js", lib).href);
});

test("where a bundler moved that code, the error says what to set in which bundler", () => {
  const bundle = "file:///app/dist/server.js";
  for (const base of [bundle, undefined]) // a bundle of ES modules, and one of CommonJS
    assert.throws(() => threadFile("compute-thread.js", base), {
      code: "ERR_RUNTIME",
      message: /keep libbert external .*esbuild --external:libbert; webpack .*; Next\.js .*; Vite/,
    });
});
