/**
 * How fast pre-training batches are made from shards, on one core: reading, pairing and masking. Makes a corpus of its
 * own in a temporary folder, or reads a prepared one (--data). See bench/README.md.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { CounterRandom } from "../lib/counter-random.js";
import { newManifest } from "../lib/data/corpus/manifest.js";
import { writeShard } from "../lib/data/corpus/shard.js";
import { ShardedCorpus } from "../lib/data/corpus/sharded-corpus.js";
import { type PretrainingDataOptions, PretrainingEpoch } from "../lib/data/pretraining/pretraining-epoch.js";

const { values: options } = parseArgs({
  options: {
    data: { type: "string" },
    "corpus-tokens": { type: "string", default: "20000000" },
    "batch-tokens": { type: "string", default: "20000000" },
  },
});

const TOKENS_PER_SHARD = 2 ** 24;
const VOCABULARY = {
  ...{ fingerprint: "bench", size: 30_522, padId: 0, unkId: 100, clsId: 101, sepId: 102, maskId: 103 },
};

/** Documents of 5 to 64 sentences of 5 to 50 tokens. */
function writeCorpus(directory: string, tokens: number): void {
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
    writeShard(join(directory, file), { ids, sentenceOffsets, documentOffsets }, VOCABULARY.fingerprint);
    manifest.splits.train.shards.push({ file, sha256: "", documents: 0, sentences: 0, tokens: size });
  }
  const pieces = Array.from({ length: VOCABULARY.size }, (_, id) => (id % 4 === 3 ? `##${id}` : `${id}`));
  writeFileSync(join(directory, "vocab.txt"), pieces.join("\n"));
  writeFileSync(join(directory, "corpus.json"), JSON.stringify({ ...manifest, complete: true }));
}

function measure(corpus: ShardedCorpus, name: string, settings: Partial<PretrainingDataOptions>): void {
  const planStart = performance.now();
  const data = new PretrainingEpoch(corpus, { seed: 1, ...settings }, 0);
  const planSeconds = (performance.now() - planStart) / 1000;
  const limit = Number(options["batch-tokens"]);
  const start = performance.now();
  let tokens = 0;
  for (let first = 0; first < data.size && tokens < limit; first += 32) {
    tokens += data.batch(first, 32).packed.inputIds.length;
  }
  const rate = tokens / ((performance.now() - start) / 1000);
  const rss = process.memoryUsage().rss / 2 ** 20;
  console.log(
    `${name.padEnd(28)} ${(rate / 1e6).toFixed(2).padStart(6)} M tokens/s   plan of ${data.size} sequences ` +
      `${planSeconds.toFixed(2)} s   random pairs ${(100 * data.randomPairShare).toFixed(1)} %   ${rss.toFixed(0)} MiB`,
  );
}

const directory = options.data ?? mkdtempSync(join(tmpdir(), "libbert-bench-"));
try {
  if (options.data === undefined) writeCorpus(directory, Number(options["corpus-tokens"]));
  using corpus = ShardedCorpus.open(directory);
  console.log(`${corpus.tokens} tokens in ${corpus.documents} documents, ${corpus.shards.length} shards`);
  measure(corpus, "warm-up", {});
  measure(corpus, "pairs, 128 tokens", {});
  measure(corpus, "pairs, 512 tokens", { maxSeqLength: 512 });
  measure(corpus, "pairs, 128, whole words", { wholeWord: true });
  measure(corpus, "single segments, 128 tokens", { objective: "mlm" });
  measure(corpus, "next word, 128 tokens", { objective: "causal" });
} finally {
  if (options.data === undefined) rmSync(directory, { recursive: true });
}
