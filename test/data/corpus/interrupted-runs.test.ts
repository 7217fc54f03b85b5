import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { PrepareEvent } from "../../../lib/data/corpus/events.js";
import type { PrepareOptions } from "../../../lib/data/corpus/option-types.js";
import { ShardedCorpus } from "../../../lib/data/corpus/sharded-corpus.js";
import { lockDirectory } from "../../../lib/files/directory-lock.js";
import { packageRoot } from "../../../lib/runtime/paths.js";
import { TextTokenizer } from "../../../lib/tokenizer/text-tokenizer.js";
import { documentsAsText, filesOf, preparedTexts, saveTokenizer, workplace, writeText } from "./prepared.js";

/** Stops a run when this many documents are done, and returns the reason it was given. */
async function interruptedRun(
  run: (options: Partial<PrepareOptions>) => Promise<unknown>,
  documents: number,
) {
  const controller = new AbortController();
  const onProgress = (event: PrepareEvent) => {
    if (event.type === "progress" && event.documents >= documents) controller.abort(new Error("enough"));
  };
  await assert.rejects(run({ signal: controller.signal, onProgress }), /enough/);
}

test("a run that was interrupted goes on behind its finished shards; the files are the same, bit for bit", async () => {
  const { folder, outputDir, prepare } = await workplace();
  const input = [0, 1, 2].map((part) => writeText(folder, `${part}.txt`, documentsAsText(4500, 4500 * part)));
  const settings = { validationShare: 0.1, tokensPerShard: 30_000 };
  const straight = join(folder, "straight");
  const report = await prepare(input, { ...settings, outputDir: straight });

  for (const documents of [3000, 7000]) {
    await interruptedRun((options) => prepare(input, { ...settings, ...options }), documents);
    assert.throws(() => ShardedCorpus.open(outputDir), /not finished/);
  }
  const kept = readdirSync(outputDir).filter((name) => name.startsWith("train-"));
  assert.ok(kept.length > 3, "shards were finished before");
  const keptAt = statSync(join(outputDir, kept[0]!)).mtimeMs;
  let first = Number.POSITIVE_INFINITY;
  const onProgress = (event: PrepareEvent) => {
    if (event.type === "progress") first = Math.min(first, event.documents);
  };
  assert.deepEqual(await prepare(input, { ...settings, onProgress }), { ...report, directory: outputDir });
  assert.ok(first > 6000, "what is in shards is not tokenized again");
  assert.equal(statSync(join(outputDir, kept[0]!)).mtimeMs, keptAt);
  assert.deepEqual(filesOf(outputDir), filesOf(straight));
  // Once more: there is nothing left to do.
  assert.deepEqual(await prepare(input, settings), { ...report, directory: outputDir });
});

test("a signal arrives while one long line is divided into sentences", async (t) => {
  const { folder, prepare } = await workplace();
  const input = [writeText(folder, "a.jsonl", JSON.stringify({ text: "Dr. ".repeat(100_000) }))];
  const controller = new AbortController();
  const { segment } = Intl.Segmenter.prototype;
  t.mock.method(Intl.Segmenter.prototype, "segment", function (this: Intl.Segmenter, text: string) {
    setImmediate(() => controller.abort(new Error("enough")));
    return segment.call(this, text);
  });
  const { mock } = t.mock.method(TextTokenizer.prototype, "encodeAsText");
  await assert.rejects(prepare(input, { signal: controller.signal }), /enough/);
  assert.equal(mock.callCount(), 0, "the whole line was divided first");
});

test("a finished shard that was damaged meanwhile is named before the run goes on", async () => {
  const { folder, outputDir, prepare } = await workplace();
  const input = [writeText(folder, "a.txt", documentsAsText(5000))];
  const settings = { tokensPerShard: 30_000 };
  await interruptedRun((options) => prepare(input, { ...settings, ...options }), 1);
  const shard = join(outputDir, "train-00000.safetensors");
  const bytes = readFileSync(shard);
  bytes[bytes.length - 1]! ^= 1;
  writeFileSync(shard, bytes);
  await assert.rejects(prepare(input, settings), {
    code: "ERR_DATA",
    message: new RegExp(
      `^${shard}: Expected the shard that was written here but received one that was changed`,
    ),
  });
});

test("other options, another vocabulary and other files are not mixed into a corpus, but may overwrite it", async () => {
  const { folder, outputDir, prepare } = await workplace();
  const input = [writeText(folder, "a.txt", documentsAsText(100))];
  await prepare(input, { tokensPerShard: 500 });
  const refused = {
    code: "ERR_OPTION",
    message: /which holds a corpus of other options, another vocabulary or other files; overwrite/,
  };
  await assert.rejects(prepare(input), refused);
  const vocab = await saveTokenizer(join(folder, "other"), [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    "the",
  ]);
  await assert.rejects(prepare(input, { tokensPerShard: 500, vocab }), refused);
  const cased = join(folder, "cased");
  cpSync(join(folder, "vocab"), cased, { recursive: true });
  writeText(cased, "tokenizer_config.json", '{"do_lower_case": false}');
  await assert.rejects(prepare(input, { tokensPerShard: 500, vocab: cased }), refused);
  writeText(folder, "a.txt", documentsAsText(101));
  await assert.rejects(prepare(input, { tokensPerShard: 500 }), refused);
  const { documents, shards } = await prepare(input, { overwrite: true });
  assert.deepEqual([documents, shards], [101, 1]);
  assert.equal(readdirSync(outputDir).filter((name) => name.startsWith("train-")).length, 1);

  const files = join(folder, "files");
  mkdirSync(files);
  writeText(files, "precious", "");
  await assert.rejects(prepare(input, { outputDir: files }), {
    code: "ERR_OPTION",
    message: /which holds files \(precious\)/,
  });
  await prepare(input, { outputDir: files, overwrite: true });
  assert.ok(existsSync(join(files, "precious")));
});

test("of two runs in one output directory one is refused, and the other is not disturbed", async (t) => {
  const { folder, outputDir, prepare } = await workplace();
  const input = [writeText(folder, "a.txt", documentsAsText(100))];
  const runs = await Promise.allSettled([prepare(input), prepare(input)]); // either may be the first to arrive
  const refused = runs.filter((run) => run.status === "rejected");
  assert.equal(refused.length, 1);
  assert.match(String(refused[0]!.reason), /no other run uses for outputDir .* working in/);
  assert.equal((await preparedTexts(t, outputDir)).length, 100);
  using _lock = await lockDirectory(outputDir, { option: "outputDir", purpose: "run" });
  await assert.rejects(prepare(input), { code: "ERR_OPTION" });
});

test("a full disk gives one clear error, and the run goes on when there is room", async () => {
  const { folder, vocab, outputDir, prepare } = await workplace();
  const text = writeText(folder, "a.txt", documentsAsText(4000));
  const main = join(packageRoot, "dist/lib/cli/main.js");
  const args = [
    "prepare",
    "--input",
    text,
    "--vocab",
    vocab,
    "--output-dir",
    outputDir,
    "--validation-share",
    "0",
  ];
  const command = [process.execPath, main, ...args, "--tokens-per-shard", "60000"]
    .map((word) => `'${word}'`)
    .join(" ");
  // No file may have more than 200 blocks of 1 KiB: a shard of 60,000 tokens is larger.
  const script = `ulimit -f 200; trap '' XFSZ; ${command} 2>&1 || echo "exit code $?"`;
  const output = execFileSync("bash", ["-c", script], { encoding: "utf8" });
  assert.match(
    output,
    /^libbert: .*train-00000.safetensors cannot be written: EFBIG.*the same command goes on from there\nexit code 1\n$/m,
  );
  assert.equal(existsSync(join(outputDir, ".partial")), false);
  assert.equal(existsSync(join(outputDir, ".lock")), false);
  assert.equal((await prepare([text], { tokensPerShard: 60_000 })).documents, 4000);
  rmSync(outputDir, { recursive: true });
});
