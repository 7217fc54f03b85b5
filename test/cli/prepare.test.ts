import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { documentsAsText, saveTokenizer, writeText } from "../data/corpus/prepared.js";
import { temporaryFolder } from "../runtime/fakes.js";
import { ended, libbert, startLibbert } from "./command-line.js";
import { libbertInProcess } from "./in-process.js";

async function workplace(t: TestContext) {
  const folder = temporaryFolder(t);
  const vocab = ["--vocab", await saveTokenizer(join(folder, "vocab"))];
  return { folder, vocab, outputDir: join(folder, "shards") };
}

test("prepare takes many paths and patterns and ends with one line of JSON", async (t) => {
  const { folder, vocab, outputDir } = await workplace(t);
  const paths = [writeText(folder, "a,b.txt", "The sea.\nThe day.\n\nA night."), join(folder, "*.jsonl")];
  writeText(folder, "c.jsonl", '{"body":"The port. The star."}\n{"body":""}\n');
  const options = ["--text-field", "body", "--validation-share", "0"];
  const run = libbert([
    "prepare",
    "--input",
    ...paths,
    ...vocab,
    "--output-dir",
    outputDir,
    ...options,
    "--json",
  ]);
  assert.equal(run.status, 0, run.stderr);
  const { documents, sentences, emptyDocuments, directory } = JSON.parse(run.stdout);
  assert.deepEqual([documents, sentences, emptyDocuments, directory], [3, 5, 1, outputDir]);
  assert.match(run.stderr, /^100 % of the text: 3 documents, \d+ tokens$/m);
  assert.match(run.stderr, /^Note: documents that were dropped, as they have no token: 1$/m);
  assert.deepEqual(readdirSync(outputDir).sort(), [
    ...["corpus.json", "tokenizer.json", "tokenizer_config.json", "train-00000.safetensors", "vocab.txt"],
  ]);
});

test("prepare --part i/n writes a part, and without --json prints a table", async (t) => {
  const { folder, vocab, outputDir } = await workplace(t);
  const text = writeText(folder, "a.txt", documentsAsText(50));
  const run = await libbertInProcess([
    "prepare",
    "--input",
    text,
    ...vocab,
    "--output-dir",
    outputDir,
    "--part",
    "2/2",
  ]);
  assert.equal(run.status, 0, run.stderr);
  assert.match(run.stdout, /^documents +\d+\nsentences +\d+\n(.*\n)+directory +.*part-2-of-2\n$/);
  assert.ok(existsSync(join(outputDir, "part-2-of-2/corpus.json")));
});

test("prepare names its flags in errors: exit code 2", async (t) => {
  const { folder, vocab, outputDir } = await workplace(t);
  const text = writeText(folder, "a.txt", "The sea.");
  const out = ["--output-dir", outputDir];
  const fails = async (args: string[], message: RegExp) => {
    const { status, stderr } = await libbertInProcess(["prepare", ...args]);
    assert.match(stderr, message);
    assert.equal(status, 2);
  };
  await fails(["--input", join(folder, "none"), ...vocab, ...out], /for --input but received ".*none"/);
  await fails(["--input", text, ...vocab, ...out, "--part", "0/2"], /for --part but received "0\/2"/);
  await fails(["--input", text, ...vocab, ...out, "--format", "csv"], /for --format but received "csv"/);
  await fails(
    ["--input", text, ...vocab, "--output-dir", folder],
    /for --output-dir but .*which holds files/,
  );
  await fails(["--input", text, ...out], /Expected --vocab/);
});

test("prepare goes on after kill -9 and after Ctrl-C, and writes what a straight run does", async (t) => {
  const { folder, vocab, outputDir } = await workplace(t);
  const text = writeText(folder, "a.txt", documentsAsText(12_000));
  const args = ["prepare", "--input", text, ...vocab, "--tokens-per-shard", "40000"];
  const firstShards = async (count: number) => {
    while (!existsSync(join(outputDir, `train-0000${count - 1}.safetensors`))) await setTimeout(5);
  };

  const killed = startLibbert([...args, "--output-dir", outputDir]);
  await firstShards(1);
  killed.kill("SIGKILL");
  await once(killed, "exit");
  const interrupted = startLibbert([...args, "--output-dir", outputDir]);
  const outcome = ended(interrupted);
  await firstShards(5);
  interrupted.kill("SIGINT");
  const { code, stderr } = await outcome;
  assert.equal(code, 130);
  assert.match(
    stderr,
    /libbert: Interrupted by SIGINT; the same command goes on behind the last finished shard\n$/,
  );

  const straight = join(folder, "straight");
  for (const directory of [outputDir, straight]) {
    const { status, stderr } = await libbertInProcess([...args, "--output-dir", directory]);
    assert.equal(status, 0, stderr);
  }
  assert.deepEqual(readdirSync(outputDir).sort(), readdirSync(straight).sort());
  for (const name of readdirSync(straight)) {
    assert.deepEqual(readFileSync(join(outputDir, name)), readFileSync(join(straight, name)), name);
  }
});
