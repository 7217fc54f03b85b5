/**
 * How fast pre-training batches are made from shards, on one core: reading, pairing and masking. Makes a corpus of its
 * own in a temporary folder, or reads a prepared one (--data). See bench/README.md.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ensureIntact } from "../lib/data/corpus/shard-check.js";
import { ShardedCorpus } from "../lib/data/corpus/sharded-corpus.js";
import { type PretrainingDataOptions, PretrainingEpoch } from "../lib/data/pretraining/pretraining-epoch.js";
import { writeMadeCorpus } from "./made-corpus.js";

const { values: options } = parseArgs({
  options: {
    data: { type: "string" },
    "corpus-tokens": { type: "string", default: "20000000" },
    "batch-tokens": { type: "string", default: "20000000" },
  },
});

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
  if (options.data === undefined) writeMadeCorpus(directory, Number(options["corpus-tokens"]));
  const start = performance.now();
  using corpus = ShardedCorpus.open(directory);
  const opened = performance.now();
  for (const { check } of corpus.shards) ensureIntact(check);
  const checked = performance.now();
  console.log(
    `opened in ${(opened - start).toFixed(0)} ms, shards checked in ${(checked - opened).toFixed(0)} ms`,
  );
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
