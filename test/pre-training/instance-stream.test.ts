import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { ShardedCorpus } from "../../lib/data/corpus/sharded-corpus.js";
import type { PretrainingBatch } from "../../lib/data/pretraining/pretraining-epoch.js";
import { InstanceStream } from "../../lib/pre-training/instance-stream.js";
import { prepareTinyCorpus } from "../support/pretraining-runs.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const directory = temporaryDirectory();

const sizeOf = ({ packed }: PretrainingBatch) => packed.cuSeqlens.length - 1;

test("a stream that begins anywhere, in any epoch, gives what one from the beginning gives there", async () => {
  using corpus = ShardedCorpus.open(await prepareTinyCorpus(join(directory, "shards")));
  const options = { seed: 1, maxSeqLength: 32 };
  const whole = new InstanceStream(corpus, options);
  const batches = Array.from({ length: 150 }, (_, step) => whole.batches(step * 7, 7, 7));
  const seams = batches.filter(({ length }) => length > 1).length;
  assert.ok(seams > 2, `${seams} batches go on into another epoch`);
  for (const step of [0, 1, 38, 73, 149])
    assert.deepEqual(new InstanceStream(corpus, options).batches(step * 7, 7, 7), batches[step]);
});

test("micro-batches are consecutive, full but for the last and those at an epoch's end", async () => {
  using corpus = ShardedCorpus.open(await prepareTinyCorpus(join(directory, "small"), { count: 20 }));
  const options = { seed: 1, maxSeqLength: 32 };
  const stream = new InstanceStream(corpus, options);
  assert.deepEqual(stream.batches(3, 8, 3).map(sizeOf), [3, 3, 2]);
  const one = new InstanceStream(corpus, options).batches(3, 8, 8);
  const ids = (some: PretrainingBatch[]) => some.flatMap(({ packed }) => [...packed.inputIds]);
  assert.deepEqual(ids(new InstanceStream(corpus, options).batches(3, 8, 3)), ids(one));
  const acrossEpochs = new InstanceStream(corpus, options).batches(0, 200, 64);
  assert.ok(acrossEpochs.length > 4);
  assert.equal(
    acrossEpochs.reduce((sum, batch) => sum + sizeOf(batch), 0),
    200,
  );
});

test("ranks share what one process has: each sequence once, as many and nearly as many tokens on each", async () => {
  using corpus = ShardedCorpus.open(await prepareTinyCorpus(join(directory, "shared")));
  const options = { seed: 1, maxSeqLength: 32 };
  const size = 3;
  /** What each rank finds of the lengths, as the sum over the ranks puts it together. */
  const parts: (readonly number[])[] = [];
  const find = (rank: number) => ({
    rank,
    size,
    sum(values: readonly number[]) {
      parts.push(values);
      return values;
    },
  });
  for (let rank = 0; rank < size; rank++) new InstanceStream(corpus, options).batches(30, 24, 8, find(rank));
  const lengths = parts[0]!.map((_, item) => parts.reduce((sum, part) => sum + part[item]!, 0));
  for (const part of parts) assert.equal(part.filter((length) => length > 0).length, 8);

  const shares = Array.from({ length: size }, (_, rank) =>
    new InstanceStream(corpus, options).batches(30, 24, 5, { rank, size, sum: () => lengths }),
  );
  const rowsOf = (batches: PretrainingBatch[]) => batches.flatMap(({ packed }) => [...packed.rowIds]).sort();
  const whole = new InstanceStream(corpus, options).batches(30, 24, 24);
  assert.deepEqual(rowsOf(shares.flat()), rowsOf(whole));
  for (const share of shares) {
    assert.equal(
      share.reduce((sum, batch) => sum + sizeOf(batch), 0),
      8,
    );
    const tokens = rowsOf(share).length;
    assert.ok(Math.abs(tokens - rowsOf(whole).length / size) <= 32, `${tokens}`);
  }
});
