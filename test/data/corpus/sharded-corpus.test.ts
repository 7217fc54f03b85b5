import assert from "node:assert/strict";
import { once } from "node:events";
import {
  closeSync,
  cpSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import type { CorpusManifest } from "../../../lib/data/corpus/manifest.js";
import { OffsetTable } from "../../../lib/data/corpus/offset-table.js";
import { type ShardContent, shardEntry, writeShard } from "../../../lib/data/corpus/shard.js";
import { ShardedCorpus } from "../../../lib/data/corpus/sharded-corpus.js";
import { SafetensorsReader } from "../../../lib/files/safetensors.js";
import { openSealedJson, sealedJson } from "../../../lib/files/sealed-json.js";
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

test("offsets beyond 32 bits are written and read as they are", () => {
  const path = join(temporaryDirectory(), "far.safetensors");
  const far = 2 ** 33 + 7;
  writeShard(path, { ids: new Int32Array(1), sentenceOffsets: [0, far], documentOffsets: [0, 1] }, "v");
  using reader = new SafetensorsReader(path);
  const file = openSync(path, "r");
  assert.equal(new OffsetTable(file, path, reader.tensors.get("sentence_offsets")!.start, 2).at(1), far);
  closeSync(file);
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

/** Writes another `corpus.json`, with its checksum. */
function alterManifest(folder: string, alter: (manifest: CorpusManifest) => void): void {
  const path = join(folder, "corpus.json");
  const manifest = openSealedJson(readFileSync(path, "utf8")) as unknown as CorpusManifest;
  alter(manifest);
  writeFileSync(path, sealedJson(manifest));
}

test("a directory without a corpus, and an unfinished corpus, are refused", () => {
  const empty = temporaryDirectory();
  assert.throws(() => ShardedCorpus.open(empty), { code: "ERR_DATA", message: /without corpus.json/ });
  assert.throws(() => ShardedCorpus.open(join(empty, "none")), {
    code: "ERR_DATA",
    message: /none: Expected a prepared/,
  });
  const folder = brokenCorpus();
  alterManifest(folder, (manifest) => {
    manifest.complete = false;
  });
  assert.throws(() => ShardedCorpus.open(folder), {
    code: "ERR_DATA",
    message: /not finished: run the same command/,
  });
});

test("a corpus.json of another version, changed, cut short or with a wrong field is refused in one sentence", () => {
  const folder = brokenCorpus();
  const path = join(folder, "corpus.json");
  const text = readFileSync(path, "utf8");
  const refused = (changed: string, message: RegExp) => {
    writeFileSync(path, changed);
    assert.throws(() => ShardedCorpus.open(folder), { code: "ERR_DATA", message });
  };
  refused(text.replace('"version": 2', '"version": 1'), /version 2, but received version 1, which another/);
  for (const changed of [
    "{",
    "[]",
    "null",
    "",
    text.slice(0, -20),
    text.replace('"maskId": 4', '"maskId": 5'),
  ])
    refused(changed, /corpus\.json: Expected .* as it was written but received one that was changed or cut/);
  writeFileSync(path, text);
  alterManifest(folder, ({ splits }) => {
    splits.train.shards[1]!.file = "../elsewhere";
  });
  refused(readFileSync(path, "utf8"), /one whose splits\.train\.shards\.1\.file is wrong/);
});

/** A corpus whose shard has a wrong content, and the checksums that belong to it. */
function corpusOf(content: ShardContent): string {
  const folder = writeCorpus(temporaryDirectory(), { documents: [[1]], vocabularySize: 50 });
  const path = join(folder, "train-00000.safetensors");
  writeShard(path, content, "synthetic");
  alterManifest(folder, ({ splits }) => {
    splits.train.shards = [shardEntry(path, "train-00000.safetensors")];
  });
  return folder;
}

test("offsets that do not rise from 0 to the end are refused when a corpus is opened", () => {
  const ids = new Int32Array(6).fill(9);
  for (const [sentenceOffsets, documentOffsets, message] of [
    [[1, 3, 6], [0, 2], /sentence_offsets that begin with 0 but received 1$/],
    [[0, 3, 3, 6], [0, 3], /sentence_offsets that rise above 3 at position 2 but received 3$/],
    [[0, 2 ** 40, 6], [0, 2], /sentence_offsets that rise above 1099511627776 at position 2 but received 6$/],
    [[0, 3, 5], [0, 2], /sentence_offsets that end with 6 but received 5$/],
    [[0, 3, 6], [0, 3], /document_offsets that end with 2 but received 3$/],
    [[0, 3, 6], [0, 2, 1, 2], /document_offsets that rise above 2 at position 2 but received 1$/],
  ] as const) {
    const folder = corpusOf({ ids, sentenceOffsets, documentOffsets });
    assert.throws(() => ShardedCorpus.open(folder), { code: "ERR_DATA", message });
  }
});

test("ids that the vocabulary does not have are refused before the first is read", (t) => {
  for (const id of [50, -1, 2 ** 31 - 1]) {
    const content = { ids: Int32Array.of(9, id, 9), sentenceOffsets: [0, 3], documentOffsets: [0, 1] };
    const corpus = ShardedCorpus.open(corpusOf(content));
    t.after(() => corpus[Symbol.dispose]());
    for (let again = 0; again < 2; again++)
      assert.throws(() => corpus.shards[0]!.readTokens(0, 1, new Int32Array(1), 0), {
        code: "ERR_DATA",
        message: new RegExp(`^${corpus.shards[0]!.path}: Expected ids below 50 but received ${id}$`),
      });
  }
});

test("a bit that changed in the ids is found before the first is read, by the thread that needs it or by another", async (t) => {
  const documents = Array.from({ length: 40 }, () => [5]);
  const folder = writeCorpus(temporaryDirectory(), { documents, documentsPerShard: 10 });
  const damaged = join(folder, "train-00002.safetensors");
  const bytes = readFileSync(damaged);
  const corpus = ShardedCorpus.open(folder);
  t.after(() => corpus[Symbol.dispose]());
  bytes[corpus.shards[2]!.check.ids[0] + 4]! ^= 1;
  writeFileSync(damaged, bytes);
  const thread = new Worker(new URL("../../../lib/data/corpus/check-shards-thread.js", import.meta.url), {
    workerData: corpus.shards.slice(1).map(({ check }) => check),
  });
  await once(thread, "exit");
  const read = (shard: number) => corpus.shards[shard]!.readTokens(0, 5, new Int32Array(5), 0);
  for (const shard of [0, 1, 3]) read(shard);
  assert.throws(() => read(2), {
    code: "ERR_DATA",
    message: /train-00002\.safetensors: .* changed since, by its/,
  });
  assert.deepEqual(
    corpus.shards.map(({ check }) => check.state[0]),
    [2, 2, 3, 2],
  );
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
