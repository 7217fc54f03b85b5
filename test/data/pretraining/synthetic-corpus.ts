import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { CounterRandom } from "../../../lib/counter-random.js";
import { newManifest } from "../../../lib/data/corpus/manifest.js";
import { shardEntry, writeShard } from "../../../lib/data/corpus/shard.js";
import { ShardedCorpus } from "../../../lib/data/corpus/sharded-corpus.js";
import { sealedJson } from "../../../lib/files/sealed-json.js";
import { temporaryFolder } from "../../runtime/fakes.js";

export const SPECIAL = { padId: 0, unkId: 1, clsId: 2, sepId: 3, maskId: 4 };
/** Ids below are special. */
export const FIRST_ID = 5;

export interface SyntheticOptions {
  /** The lengths of a document's sentences, in tokens. */
  documents: number[][];
  /** Documents of a shard. Default: all */
  documentsPerShard?: number;
  /** Default: as many ids as tokens, each once, in order: a token tells its position */
  idOf?: (token: number) => number;
  vocabularySize?: number;
}

/** Writes a corpus as `prepareCorpus` does, without text and tokenizer, and returns its directory. */
export function writeCorpus(directory: string, options: SyntheticOptions): string {
  const { documents, documentsPerShard = documents.length, idOf = (token) => FIRST_ID + token } = options;
  const { vocabularySize = 2 ** 30 } = options;
  mkdirSync(directory, { recursive: true });
  const manifest = newManifest({ fingerprint: "synthetic", size: vocabularySize, ...SPECIAL }, null);
  const { train } = manifest.splits;
  let token = 0;
  for (let first = 0; first < documents.length; first += documentsPerShard) {
    const ids: number[] = [];
    const sentenceOffsets = [0];
    const documentOffsets = [0];
    for (const sentences of documents.slice(first, first + documentsPerShard)) {
      for (const length of sentences) {
        for (let left = length; left > 0; left--) ids.push(idOf(token++));
        sentenceOffsets.push(ids.length);
      }
      documentOffsets.push(sentenceOffsets.length - 1);
    }
    const file = `train-${String(train.shards.length).padStart(5, "0")}.safetensors`;
    const content = { ids: Int32Array.from(ids), sentenceOffsets, documentOffsets };
    const path = join(directory, file);
    writeShard(path, content, "synthetic");
    train.shards.push(shardEntry(path, file));
  }
  writeFileSync(join(directory, "corpus.json"), sealedJson({ ...manifest, complete: true }));
  return directory;
}

/** Writes a corpus into a folder that goes with the test, and opens it. */
export function openCorpus(t: TestContext, options: SyntheticOptions): ShardedCorpus {
  const corpus = ShardedCorpus.open(writeCorpus(temporaryFolder(t), options));
  t.after(() => corpus[Symbol.dispose]());
  return corpus;
}

/** Documents of 1 to `maxSentences` sentences of 1 to `maxTokens` tokens. */
export function randomDocuments(count: number, maxSentences: number, maxTokens: number): number[][] {
  const random = new CounterRandom(7, 0);
  let draws = 0;
  const upTo = (limit: number) => 1 + Math.floor(random.uniform(draws++) * limit);
  return Array.from({ length: count }, () =>
    Array.from({ length: upTo(maxSentences) }, () => upTo(maxTokens)),
  );
}
