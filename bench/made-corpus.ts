/** A prepared corpus of made-up documents, for benchmarks that care for its shape and not for its text. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { CounterRandom } from "../lib/counter-random.js";
import { newManifest } from "../lib/data/corpus/manifest.js";
import { shardEntry, writeShard } from "../lib/data/corpus/shard.js";
import { sealedJson } from "../lib/files/sealed-json.js";

const TOKENS_PER_SHARD = 2 ** 24;
const VOCABULARY = {
  ...{ fingerprint: "bench", size: 30_522, padId: 0, unkId: 100, clsId: 101, sepId: 102, maskId: 103 },
};
const SPECIAL_TOKENS = new Map([
  [0, "[PAD]"],
  [100, "[UNK]"],
  [101, "[CLS]"],
  [102, "[SEP]"],
  [103, "[MASK]"],
]);

/** Writes documents of 5 to 64 sentences of 5 to 50 tokens, about `tokens` in all, with BERT's number of pieces. */
export function writeMadeCorpus(directory: string, tokens: number): void {
  const manifest = newManifest(VOCABULARY, null);
  const random = new CounterRandom(1, 0);
  let draws = 0;
  const between = (low: number, high: number) => low + Math.floor(random.uniform(draws++) * (high - low + 1));
  for (let left = tokens; left > 0; left -= TOKENS_PER_SHARD) {
    const size = Math.min(left, TOKENS_PER_SHARD);
    const sentenceOffsets = [0];
    const documentOffsets = [0];
    while (sentenceOffsets.at(-1)! < size) {
      for (let sentences = between(5, 64); sentences > 0 && sentenceOffsets.at(-1)! < size; sentences--) {
        sentenceOffsets.push(Math.min(size, sentenceOffsets.at(-1)! + between(5, 50)));
      }
      documentOffsets.push(sentenceOffsets.length - 1);
    }
    const ids = new Int32Array(size).map((_, index) => 1000 + ((index * 7919) % 29_000));
    const file = `train-${String(manifest.splits.train.shards.length).padStart(5, "0")}.safetensors`;
    const path = join(directory, file);
    writeShard(path, { ids, sentenceOffsets, documentOffsets }, VOCABULARY.fingerprint);
    manifest.splits.train.shards.push(shardEntry(path, file));
  }
  const pieces = Array.from(
    { length: VOCABULARY.size },
    (_, id) => SPECIAL_TOKENS.get(id) ?? (id % 4 === 3 ? `##${id}` : `${id}`),
  );
  writeFileSync(join(directory, "vocab.txt"), pieces.join("\n"));
  writeFileSync(join(directory, "corpus.json"), sealedJson({ ...manifest, complete: true }));
}
