import "../support/one-thread.js";

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { fineTune } from "../../lib/index.js";
import { modelOfVectors } from "../session/rankings.js";
import { TINY, tinyRun } from "../session/support.js";
import { goldenPath } from "../support/golden.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
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

test("of multiple choice it shows the words of the context and of the choice that is explained", async () => {
  const folder = join(temporaryDirectory(), "choices");
  const train = [{ context: "the film was", choices: ["good", "so"], label: 0 }];
  await using _ = await fineTune({ ...tinyRun, task: "multiple-choice", train, outputDir: folder });
  const context = ["--context", "the film, was", "--choice", "very good, so", "--choice", "bad"];
  const { status, stdout, stderr } = await libbertInProcess([
    ...["explain", "--model", folder, ...context, "--target", "0", "--steps", "4"],
  ]);
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^the logit of 0 is /);
  const words = [...stdout.matchAll(/^(\w+) +[+-]\d\.\d{4}$/gm)].map(([, word]) => word);
  for (const word of ["film", "very", "so"]) assert.ok(words.includes(word), stdout);
  assert.ok(!words.includes("bad"));
});

test("of a mask it shows what speaks for a token there, and of vectors what makes them alike", async () => {
  const filler = goldenPath("tiny-bert-pretraining");
  const masked = ["--text", "the [MASK] was [MASK]", "--mask", "1", "--target", "good", "--steps", "4"];
  const filled = await libbertInProcess(["explain", "--model", filler, ...masked]);
  assert.equal(filled.status, 0, filled.stderr);
  assert.match(filled.stdout, /^the logit of good at mask 1 is /);
  const embedder = modelOfVectors();
  const compared = [
    "--text",
    "a good film",
    "--compared-with",
    "the story",
    "--role",
    "query",
    "--steps",
    "4",
  ];
  const alike = await libbertInProcess(["explain", "--model", embedder, ...compared]);
  assert.equal(alike.status, 0, alike.stderr);
  assert.match(alike.stdout, /^the dot similarity is 0\.\d{4}; of padding alone /);
  const without = await libbertInProcess([
    ...["explain", "--model", embedder, "--task", "embedding", "--text", "a film"],
  ]);
  assert.equal(without.status, 2);
  assert.equal(
    without.stderr,
    "libbert: Expected the text that the input is compared with for --compared-with but it is not given\n",
  );
});

test("it needs one input, and only one", async () => {
  const words = ["explain", "--model", TINY];
  for (const given of [
    [],
    ["--question", "who?"],
    ["--text", "a", "--context", "b"],
    ["--choice", "a", "--choice", "b"],
  ]) {
    const { status, stderr } = await libbertInProcess([...words, ...given]);
    assert.equal(status, 2);
    assert.equal(
      stderr,
      "libbert: Expected either --text, for pairs with --text-pair, or --question with --context, or --context with two --choice or more\n",
    );
  }
});
