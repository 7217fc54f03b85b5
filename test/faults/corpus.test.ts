import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { serialize } from "node:v8";
import { prepareCorpus } from "../../lib/data/corpus/prepare-corpus.js";
import { ShardedCorpus } from "../../lib/data/corpus/sharded-corpus.js";
import { PretrainingEpoch } from "../../lib/data/pretraining/pretraining-epoch.js";
import { LibbertError } from "../../lib/errors.js";
import { TextTokenizer } from "../../lib/tokenizer/text-tokenizer.js";
import { documentsAsText, saveTokenizer, writeText } from "../data/corpus/prepared.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { damaged } from "./damage.js";
import { Draws } from "./draws.js";
import { tries } from "./tries.js";

async function preparedCorpus(): Promise<string> {
  const folder = temporaryDirectory();
  const outputDir = join(folder, "shards");
  const input = [writeText(folder, "a.txt", documentsAsText(60))];
  const vocab = await saveTokenizer(join(folder, "vocab"));
  await prepareCorpus({ input, vocab, outputDir, validationShare: 0.2, tokensPerShard: 300 });
  return outputDir;
}

/** All that a run reads of a corpus, as one checksum. */
function contentOf(directory: string): string {
  const hash = createHash("sha256");
  for (const split of ["train", "validation"] as const) {
    using corpus = ShardedCorpus.open(directory, { split });
    hash.update(JSON.stringify([corpus.vocabulary, corpus.checksums, corpus.unknownTokens]));
    const epoch = new PretrainingEpoch(corpus, { seed: 1, maxSeqLength: 32, wholeWord: true }, 0);
    hash.update(serialize(epoch.batch(0, epoch.size)));
  }
  return hash.digest("hex");
}

test("a corpus with a damaged file is refused, naming the file, or is the same corpus", async () => {
  const directory = await preparedCorpus();
  const files = readdirSync(directory);
  assert.deepEqual(files.filter((file) => !file.endsWith(".safetensors")).sort(), [
    "corpus.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.txt",
  ]);
  assert.ok(files.filter((file) => file.startsWith("train-")).length > 2);
  const [intact, bytes] = [contentOf(directory), files.map((file) => readFileSync(join(directory, file)))];
  const draws = new Draws(1);
  let refused = 0;
  const attempts = tries(400, 100_000);
  for (let attempt = 0; attempt < attempts; attempt++) {
    const index = draws.below(files.length);
    const path = join(directory, files[index]!);
    writeFileSync(path, damaged(bytes[index]!, draws));
    try {
      assert.equal(contentOf(directory), intact, `attempt ${attempt}, ${path}`);
    } catch (error) {
      if (!(error instanceof LibbertError)) throw error;
      refused++;
      assert.ok(error.message.includes(path), error.message);
    }
    writeFileSync(path, bytes[index]!);
  }
  assert.ok(refused > attempts * 0.9, `${refused} of ${attempts}`);
  assert.equal(contentOf(directory), intact);
  await TextTokenizer.load(directory);
});
