import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { temporaryFolder } from "../runtime/fakes.js";
import { ended, libbert, startLibbert } from "./command-line.js";
import { libbertInProcess } from "./in-process.js";

function folderWithTexts(t: TestContext): string {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "a,b.txt"), "The ship sails. The ships sailed.\n".repeat(3));
  writeFileSync(
    join(folder, "c.jsonl"),
    `${JSON.stringify({ body: "the sailor's ship is sailing" })}\n`.repeat(3),
  );
  return folder;
}

test("vocab takes many paths and patterns, saves the tokenizer and ends with one line of JSON", (t) => {
  const folder = folderWithTexts(t);
  const outputDir = join(folder, "out");
  const input = ["--input", join(folder, "a,b.txt"), join(folder, "*.jsonl"), "--text-field", "body"];
  const { status, stdout, stderr } = libbert([
    ...["vocab", ...input, "--size", "40", "--output-dir", outputDir, "--json"],
    ...["--special-tokens", "[UNK],[PAD],[CLS],[SEP],[MASK]", "--min-frequency", "1", "--cased"],
  ]);
  assert.equal(status, 0, stderr);
  assert.deepEqual(JSON.parse(stdout), {
    ...{ size: 40, words: 45, distinctWords: 12, droppedCharacters: 0, invalidSequences: 0, outputDir },
  });
  const pieces = readFileSync(join(outputDir, "vocab.txt"), "utf8").trimEnd().split("\n");
  assert.deepEqual(pieces.slice(0, 8), ["[UNK]", "[PAD]", "[CLS]", "[SEP]", "[MASK]", "'", ".", "T"]);
  assert.equal(pieces.length, 40);
  assert.ok(existsSync(join(outputDir, "tokenizer.json")));
  assert.match(stderr, /^Counting words: 100 %$/m);
});

test("vocab without --json prints a table", async (t) => {
  const folder = folderWithTexts(t);
  const input = join(folder, "*.txt");
  const run = await libbertInProcess([
    "vocab",
    "--input",
    input,
    "--size",
    "30",
    "--output-dir",
    join(folder, "out"),
  ]);
  assert.equal(run.status, 0, run.stderr);
  assert.match(run.stdout, /^size +30\nwords +24\ndistinctWords +6\n/);
});

test("vocab names its flags in errors: exit code 2", async (t) => {
  const folder = folderWithTexts(t);
  const text = join(folder, "a,b.txt");
  const out = ["--output-dir", join(folder, "out")];
  const fails = async (args: string[], message: RegExp) => {
    const { status, stderr } = await libbertInProcess(["vocab", ...args]);
    assert.match(stderr, message);
    assert.equal(status, 2);
  };
  const none = join(folder, "none*");
  await fails(["--input", none, "--size", "40", ...out], /for --input but received ".*none\*"/);
  await fails(
    ["--input", text, "--size", "12", ...out],
    /Expected at least \d+ for --size but received 12: 5 special/,
  );
  await fails(
    ["--input", text, "--size", "40", "--output-dir", folder],
    /for --output-dir but .*which holds files/,
  );
  await fails(["--input", text, ...out], /Expected --size <\w+>: pieces of the vocabulary/);
});

test("vocab that is interrupted saves nothing and ends with exit code 130", async (t) => {
  const folder = temporaryFolder(t);
  const words = Array.from({ length: 300_000 }, (_, i) => (i * 7919).toString(36));
  writeFileSync(join(folder, "text.txt"), words.join(" ").repeat(2));
  const outputDir = join(folder, "out");
  const input = ["--input", join(folder, "text.txt"), "--size", "1000000"];
  const child = startLibbert(["vocab", ...input, "--output-dir", outputDir]);
  await once(child.stderr, "data"); // it has begun
  child.kill("SIGINT");
  const { code, stderr } = await ended(child);
  assert.equal(code, 130);
  assert.match(stderr, /libbert: Interrupted by SIGINT; nothing was saved\n$/);
  assert.deepEqual(existsSync(outputDir) ? readdirSync(outputDir) : [], []);
});
