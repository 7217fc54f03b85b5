import assert from "node:assert/strict";
import { cpSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { writeShard } from "../../../lib/data/corpus/shard.js";
import { ShardedCorpus } from "../../../lib/data/corpus/sharded-corpus.js";
import { temporaryDirectory } from "../../support/temporary-directory.js";
import { FIRST_ID, openCorpus, randomDocuments, writeCorpus } from "../pretraining/synthetic-corpus.js";

test("documents, sentences and tokens are found by index, across shards and offset windows, in any order", (t) => {
  const documents = randomDocuments(150, 40, 5);
  const corpus = openCorpus(t, { documents, documentsPerShard: 40 });
  assert.equal(corpus.shards.length, 4);
  assert.equal(corpus.documents, 150);
  assert.equal(corpus.sentences, documents.flat().length);
  assert.equal(
    corpus.tokens,
    documents.flat().reduce((sum, length) => sum + length, 0),
  );

  const firstTokens = new Map<number, number>();
  let token = 0;
  for (const [index, sentences] of documents.entries()) {
    firstTokens.set(index, token);
    for (const length of sentences) token += length;
  }
  for (const index of [149, 0, 40, 39, 79, 80, ...Array.from({ length: 150 }, (_, i) => (i * 67) % 150)]) {
    const { shard, firstSentence, sentences } = corpus.document(index);
    assert.equal(sentences, documents[index]!.length);
    let expected = FIRST_ID + firstTokens.get(index)!;
    for (const [sentence, length] of documents[index]!.entries()) {
      const start = shard.sentenceStart(firstSentence + sentence);
      assert.equal(shard.sentenceStart(firstSentence + sentence + 1) - start, length);
      const ids = new Int32Array(length + 2);
      shard.readTokens(start, length, ids, 1);
      assert.deepEqual([...ids], [0, ...Array.from({ length }, () => expected++), 0]);
    }
  }
});

test("offsets beyond 32 bits are written and read as they are", (t) => {
  const folder = temporaryDirectory();
  const far = 2 ** 33 + 7;
  const path = join(folder, "train-00000.safetensors");
  writeShard(path, { ids: new Int32Array(1), sentenceOffsets: [0, far], documentOffsets: [0, 1] }, "v");
  writeCorpus(folder, { documents: [[1]] });
  writeShard(
    path,
    { ids: new Int32Array(1), sentenceOffsets: [0, far], documentOffsets: [0, 1] },
    "synthetic",
  );
  const corpus = ShardedCorpus.open(folder);
  t.after(() => corpus[Symbol.dispose]());
  assert.equal(corpus.shards[0]!.sentenceStart(1), far);
});

const DOCUMENTS = [[3, 4], [5], [2, 2, 2]];
const SHARD = "train-00001.safetensors";

function brokenCorpus(): string {
  return writeCorpus(temporaryDirectory(), { documents: DOCUMENTS, documentsPerShard: 2 });
}

test("a shard that was cut short is named, whether before or after opening", (t) => {
  const folder = brokenCorpus();
  const path = join(folder, SHARD);
  const corpus = ShardedCorpus.open(folder);
  t.after(() => corpus[Symbol.dispose]());
  const size = readFileSync(path).length;
  truncateSync(path, size - 8);
  assert.throws(
    () => ShardedCorpus.open(folder),
    (error: Error) => error.message.includes(path) && /cut short/.test(error.message),
  );
  truncateSync(path, size - 80);
  assert.throws(
    () => {
      const { shard } = corpus.document(2);
      shard.readTokens(0, 6, new Int32Array(6), 0);
    },
    {
      code: "ERR_DATA",
      message: new RegExp(`^${path}: Expected at least \\d+ bytes but received a file that was cut short`),
    },
  );
});

test("a missing shard, and one of another vocabulary, are named", () => {
  const missing = brokenCorpus();
  rmSync(join(missing, SHARD));
  assert.throws(() => ShardedCorpus.open(missing), { code: "ERR_CHECKPOINT", message: new RegExp(SHARD) });

  const other = brokenCorpus();
  writeShard(
    join(other, SHARD),
    { ids: new Int32Array(1), sentenceOffsets: [0, 1], documentOffsets: [0, 1] },
    "other",
  );
  assert.throws(() => ShardedCorpus.open(other), {
    code: "ERR_DATA",
    message: `${join(other, SHARD)}: Expected a shard of the vocabulary synthetic but received one of other`,
  });
  assert.throws(() => ShardedCorpus.open(brokenCorpus(), { fingerprint: "mine" }), {
    code: "ERR_DATA",
    message: /Expected a corpus of the vocabulary mine but received one of synthetic/,
  });
});

test("a directory without a corpus, and an unfinished corpus, are refused", () => {
  const empty = temporaryDirectory();
  assert.throws(() => ShardedCorpus.open(empty), { code: "ERR_DATA", message: /without corpus.json/ });
  assert.throws(() => ShardedCorpus.open(join(empty, "none")), {
    code: "ERR_DATA",
    message: /none: Expected a prepared/,
  });
  const folder = brokenCorpus();
  const path = join(folder, "corpus.json");
  const manifest = JSON.parse(readFileSync(path, "utf8"));
  writeFileSync(path, JSON.stringify({ ...manifest, complete: false }));
  assert.throws(() => ShardedCorpus.open(folder), {
    code: "ERR_DATA",
    message: /not finished: run the same command/,
  });
  writeFileSync(path, JSON.stringify({ ...manifest, version: 99 }));
  assert.throws(() => ShardedCorpus.open(folder), /version 1 but received 99/);
  writeFileSync(path, "{");
  assert.throws(() => ShardedCorpus.open(folder), {
    code: "ERR_DATA",
    message: /corpus.json: Expected the description/,
  });
});

test("the parts of several machines are one corpus, and all of them must be there", (t) => {
  const folder = temporaryDirectory();
  for (let part = 1; part <= 3; part++) {
    writeCorpus(join(folder, `part-${part}-of-3`), {
      documents: randomDocuments(10 * part, 5, 5),
      documentsPerShard: 4,
    });
  }
  const corpus = ShardedCorpus.open(folder);
  t.after(() => corpus[Symbol.dispose]());
  assert.equal(corpus.documents, 60);
  renameSync(join(folder, "part-2-of-3"), join(folder, "elsewhere"));
  assert.throws(() => ShardedCorpus.open(folder), {
    message: /Expected all 3 parts of the corpus but received no part-2-of-3/,
  });
  cpSync(join(folder, "elsewhere"), join(folder, "part-2-of-3"), { recursive: true });
  corpus[Symbol.dispose]();
});
