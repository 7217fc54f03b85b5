/** Peak memory, each measured in a process of its own. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ShardedCorpus } from "../../../lib/data/corpus/sharded-corpus.js";
import { packageRoot } from "../../../lib/runtime/paths.js";
import { temporaryDirectory } from "../../support/temporary-directory.js";
import { writeCorpus } from "../pretraining/synthetic-corpus.js";
import { saveTokenizer } from "./prepared.js";

/** Runs an ES module in `dist` and returns its peak resident memory in MiB. */
function peakMiB(script: string, ...args: string[]): number {
  const report = "console.log(process.resourceUsage().maxRSS / 1024);";
  const command = ["--input-type=module", "--eval", `${script}; ${report}`, ...args];
  return Number(
    execFileSync(process.execPath, command, { encoding: "utf8", cwd: join(packageRoot, "dist") }),
  );
}

const SAMPLE = `
  const { ShardedCorpus } = await import("${packageRoot}/dist/lib/data/corpus/sharded-corpus.js");
  const { PretrainingEpoch } = await import("${packageRoot}/dist/lib/data/pretraining/pretraining-epoch.js");
  const data = new PretrainingEpoch(ShardedCorpus.open(process.argv[1]), { seed: 1 }, 0);
  for (let first = 0; first < 20_000; first += 32) data.batch(first % data.size, 32)`;

test("sampling takes no more memory from a corpus twenty times as large", () => {
  const folder = temporaryDirectory();
  const document = Array.from({ length: 50 }, (_, index) => 5 + (index % 30));
  const corpus = (name: string, documents: number) =>
    writeCorpus(join(folder, name), { documents: Array(documents).fill(document), documentsPerShard: 1000 });
  const small = peakMiB(SAMPLE, corpus("small", 500));
  const large = peakMiB(SAMPLE, corpus("large", 10_000)); // 10 M tokens: 40 MB
  assert.ok(large < small + 15, `${large} MiB instead of ${small}`);
});

const PREPARE = `
  const { prepareCorpus } = await import("${packageRoot}/dist/lib/data/corpus/prepare-corpus.js");
  const [input, vocab, outputDir] = process.argv.slice(1);
  const settings = { validationShare: 0, tokensPerShard: 100_000 };
  await prepareCorpus({ input: [input], vocab, outputDir, ...settings })`;

test("a single line of 50 MB is prepared in parts, in memory that it does not fill", async (t) => {
  const folder = temporaryDirectory();
  const vocab = await saveTokenizer(join(folder, "vocab"));
  const path = join(folder, "line.txt");
  const file = openSync(path, "w");
  // Long "words", which are tokenized quickly.
  for (let mebibyte = 0; mebibyte < 50; mebibyte++) writeSync(file, `${"sea".repeat(341)} `.repeat(1024));
  closeSync(file);
  const outputDir = join(folder, "shards");
  // 225 MiB where this was written, and 260 for a line of 150 MB; Node alone has 45, the tokenizer's library 40.
  assert.ok(peakMiB(PREPARE, path, vocab, outputDir) < 320);
  const corpus = ShardedCorpus.open(outputDir);
  t.after(() => corpus[Symbol.dispose]());
  assert.equal(corpus.tokens, 50 * 1024); // every word is too long for WordPiece, and one [UNK]
  assert.equal(corpus.documents, 10); // a document ends with the block after 4 Mi characters
});
