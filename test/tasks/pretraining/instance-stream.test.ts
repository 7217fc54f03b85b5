import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { ShardedCorpus } from "../../../lib/data/corpus/sharded-corpus.js";
import type { PretrainingBatch } from "../../../lib/data/pretraining/pretraining-epoch.js";
import { InstanceStream } from "../../../lib/tasks/pretraining/instance-stream.js";
import { prepareTinyCorpus, temporaryDirectory } from "../../support/pretraining-runs.js";

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
