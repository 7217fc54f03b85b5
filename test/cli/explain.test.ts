import "../support/one-thread.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { TINY } from "../session/support.js";
import { libbertInProcess } from "./in-process.js";

test("libbert explain shows what each word adds, without colours where it is no terminal", async () => {
  const { status, stdout, stderr } = await libbertInProcess([
    ...["explain", "--model", TINY, "--text", "a good film", "--target", "neutral", "--steps", "8"],
  ]);
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^the logit of neutral is -?\d+\.\d{4}; of padding alone -?\d+\.\d{4} \(8 steps, /);
  assert.deepEqual([...stdout.matchAll(/^(\w+) +[+-]\d\.\d{4}$/gm)].map(([, word]) => word).sort(), [
    "a",
    "film",
    "good",
  ]);
});

test("it needs one input, and only one", async () => {
  const words = ["explain", "--model", TINY];
  for (const given of [[], ["--question", "who?"], ["--text", "a", "--context", "b"]]) {
    const { status, stderr } = await libbertInProcess([...words, ...given]);
    assert.equal(status, 2);
    assert.equal(
      stderr,
      "libbert: Expected either --text, for pairs with --text-pair, or --question with --context\n",
    );
  }
});
