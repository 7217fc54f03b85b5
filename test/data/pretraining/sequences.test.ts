/** What the model gets: properties of whole batches. A token's id tells its position in the corpus. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ShardedCorpus } from "../../../lib/data/corpus/sharded-corpus.js";
import {
  type PretrainingBatch,
  type PretrainingDataOptions,
  PretrainingEpoch,
} from "../../../lib/data/pretraining/pretraining-epoch.js";
import { sequencesOf } from "../../support/masked-sequences.js";
import { FIRST_ID, openCorpus, randomDocuments, SPECIAL } from "./synthetic-corpus.js";

const DOCUMENTS = randomDocuments(6000, 60, 20);

function* batches(data: PretrainingEpoch, batchSize = 64): Generator<PretrainingBatch> {
  for (let first = 0; first < data.size; first += batchSize) yield data.batch(first, batchSize);
}

/** For each token of the corpus its document. */
function documentOfToken(): Int32Array {
  return Int32Array.from(
    DOCUMENTS.flatMap((sentences, document) =>
      new Array<number>(sentences.reduce((sum, length) => sum + length, 0)).fill(document),
    ),
  );
}

function isRun(ids: Int32Array): boolean {
  return ids.length > 0 && ids.every((id, index) => index === 0 || id === ids[index - 1]! + 1);
}

test("batches over 200,000 sequences keep the rules of pairs, lengths and masks", (t) => {
  const corpus = openCorpus(t, { documents: DOCUMENTS, documentsPerShard: 1500 });
  const documentOf = documentOfToken();
  const { clsId, sepId, maskId } = SPECIAL;
  let sequences = 0;
  let full = 0;
  const kinds = { mask: 0, random: 0, keep: 0 };
  for (let epoch = 0; epoch < 4; epoch++) {
    const data = new PretrainingEpoch(
      corpus,
      { seed: 9, maxSeqLength: 48, maxPredictionsPerSequence: 6 },
      epoch,
    );
    let random = 0;
    for (const batch of batches(data)) {
      let index = 0;
      for (const { original: ids, masked, types, positions } of sequencesOf(batch)) {
        const separator = ids.indexOf(sepId);
        const [a, b] = [ids.subarray(1, separator), ids.subarray(separator + 1, -1)];
        assert.ok(ids[0] === clsId && ids.at(-1) === sepId && isRun(a) && isRun(b));
        assert.ok(types.every((type, position) => type === Number(position > separator)));
        assert.ok(ids.length <= 48);
        if (ids.length === 48) full++;

        const [documentA, documentB] = [documentOf[a[0]! - FIRST_ID], documentOf[b[0]! - FIRST_ID]];
        if (batch.nextSentenceLabels![index++] === 1) {
          random++;
          assert.notEqual(documentB, documentA);
        } else {
          assert.equal(documentB, documentA);
          // Only where the pair was cut to length is there anything between A and B.
          if (ids.length < 48) assert.equal(b[0], a.at(-1)! + 1);
          else assert.ok(b[0]! > a.at(-1)!);
        }

        const wanted = Math.min(6, Math.max(1, Math.round(0.15 * (ids.length - 3))));
        assert.equal(positions.length, wanted);
        for (const position of positions) {
          assert.ok(ids[position]! >= FIRST_ID, "special tokens are not predicted");
          if (masked[position] === maskId) kinds.mask++;
          else if (masked[position] === ids[position]) kinds.keep++;
          else kinds.random++;
        }
      }
      sequences += index;
    }
    assert.equal(data.randomPairShare, random / data.size);
  }
  assert.ok(sequences > 200_000, `${sequences} sequences`);
  assert.ok(full / sequences > 0.6, `${full} of ${sequences} are full`);
  const total = kinds.mask + kinds.random + kinds.keep;
  for (const [kind, share] of [
    ["mask", 0.8],
    ["random", 0.1],
    ["keep", 0.1],
  ] as const) {
    assert.ok(Math.abs(kinds[kind] / total - share) < 0.005, `${kind}: ${kinds[kind]} of ${total}`);
  }
});

test("every position of a sequence is masked equally often", (t) => {
  const corpus = openCorpus(t, { documents: [new Array(20_000).fill(20), [20]] });
  const data = new PretrainingEpoch(corpus, { seed: 4, objective: "mlm", maxSeqLength: 22 }, 0);
  const counts = new Float64Array(22);
  let sequences = 0;
  for (const batch of batches(data)) {
    for (const { positions } of sequencesOf(batch)) {
      sequences++;
      for (const position of positions) counts[position]!++;
    }
  }
  const share = 3 / 20; // round(0.15 * 20) of 20
  for (const count of counts.subarray(1, 21)) {
    assert.ok(Math.abs(count - share * sequences) < 5 * Math.sqrt(sequences * share * (1 - share)));
  }
});

test("mask rate, split and limit are free", (t) => {
  const corpus = openCorpus(t, { documents: [new Array(500).fill(20), [20]] });
  const count = (options: Partial<PretrainingDataOptions>) => {
    const all = {
      seed: 1,
      objective: "mlm",
      maxSeqLength: 22,
      shortSequenceProbability: 0,
      ...options,
    } as const;
    const kinds = { mask: 0, other: 0, predictions: 0 };
    for (const { masked, positions } of sequencesOf(new PretrainingEpoch(corpus, all, 0).batch(0, 400))) {
      kinds.predictions += positions.length;
      for (const position of positions) masked[position] === SPECIAL.maskId ? kinds.mask++ : kinds.other++;
    }
    return kinds;
  };
  assert.deepEqual(count({ maskRate: 0.4, maskSplit: { mask: 1, random: 0, keep: 0 } }), {
    ...{ mask: 400 * 8, other: 0, predictions: 400 * 8 },
  });
  assert.deepEqual(count({ maskRate: 0.3, maskSplit: { mask: 0, random: 0, keep: 1 } }), {
    ...{ mask: 0, other: 400 * 6, predictions: 400 * 6 },
  });
  assert.equal(count({ maskRate: 0.3, maxPredictionsPerSequence: 2 }).predictions, 800);
  assert.equal(count({ maskRate: 0.001 }).predictions, 400);
});

test("bad rules are refused by name", (t) => {
  const corpus = openCorpus(t, { documents: [[20], [20]] });
  const fails = (options: Partial<PretrainingDataOptions>, message: string) =>
    assert.throws(() => new PretrainingEpoch(corpus, { seed: 1, ...options }, 0), {
      code: "ERR_OPTION",
      message,
    });
  fails({ maxSeqLength: 4 }, "Expected an integer of at least 5 for maxSeqLength but received 4");
  fails({ maskRate: 0 }, "Expected a number above 0 and up to 1 for maskRate but received 0");
  const maskSplit = { mask: 0.8, random: 0.1, keep: 0.2 };
  fails({ maskSplit }, 'Expected shares that add up to 1 for maskSplit but received "0.8, 0.1, 0.2"');
  fails(
    { maxPredictionsPerSequence: 0 },
    "Expected an integer of at least 1 for maxPredictionsPerSequence but received 0",
  );
});

test("for causal every token but the last predicts the next, and nothing is masked", (t) => {
  const corpus = openCorpus(t, { documents: [[3, 2], [4]] });
  const options = { seed: 1, objective: "causal", shortSequenceProbability: 0 } as const;
  const { packed, maskedPositions, maskedLabels, nextSentenceLabels } = new PretrainingEpoch(
    corpus,
    options,
    0,
  ).batch(0, 2);
  assert.equal(nextSentenceLabels, null);
  assert.equal(maskedPositions.length, packed.inputIds.length - 2);
  for (const [index, position] of maskedPositions.entries()) {
    assert.equal(maskedLabels[index], packed.inputIds[position + 1]);
    assert.ok(!packed.cuSeqlens.includes(position + 1), "the last token predicts nothing");
  }
  const sorted = packed.inputIds.toSorted();
  assert.deepEqual([...sorted], [2, 2, 3, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
});

/** Everything of a batch, to compare. */
function contents({ packed, maskedPositions, maskedLabels, nextSentenceLabels }: PretrainingBatch) {
  return { ...packed, maskedPositions, maskedLabels, nextSentenceLabels };
}

function epochOf(corpus: ShardedCorpus, epoch = 0, seed = 1): PretrainingEpoch {
  return new PretrainingEpoch(corpus, { seed, maxSeqLength: 48 }, epoch);
}

test("a sequence is the same alone, in order and in another batch", (t) => {
  const corpus = openCorpus(t, { documents: DOCUMENTS.slice(0, 300), documentsPerShard: 70 });
  const data = epochOf(corpus);
  const inOrder = [...batches(data, 1)].map(contents);
  const again = epochOf(corpus);
  for (let position = data.size - 1; position >= 0; position -= 13) {
    assert.deepEqual(contents(again.batch(position, 1)), inOrder[position]);
  }
  const ids = (all: { inputIds: Int32Array }[]) => all.flatMap(({ inputIds }) => [...inputIds]);
  assert.deepEqual(ids([...batches(data, 37)].map(contents)), ids(inOrder));
});

test("the batches of four ranks are together those of one", (t) => {
  const corpus = openCorpus(t, { documents: DOCUMENTS.slice(0, 300) });
  const data = epochOf(corpus);
  const [ranks, batchSize] = [4, 6];
  for (const [step, whole] of [...batches(data, ranks * batchSize)].entries()) {
    const parts = Array.from({ length: ranks }, (_, rank) =>
      data.batch((step * ranks + rank) * batchSize, batchSize),
    );
    const joined = (pick: (batch: PretrainingBatch) => Iterable<number | bigint>) =>
      parts.flatMap((part) => [...pick(part)]);
    assert.deepEqual(
      joined(({ packed }) => packed.inputIds),
      [...whole.packed.inputIds],
    );
    assert.deepEqual(
      joined(({ packed }) => packed.rowIds),
      [...whole.packed.rowIds],
    );
    assert.deepEqual(
      joined(({ maskedLabels }) => maskedLabels),
      [...whole.maskedLabels],
    );
    assert.deepEqual(
      joined(({ nextSentenceLabels }) => nextSentenceLabels!),
      [...whole.nextSentenceLabels!],
    );
  }
  assert.deepEqual([...data.batch(data.size, 8).packed.cuSeqlens], [0]);
});

test("each epoch has another order, other pairs and other masks; each seed, too", (t) => {
  const corpus = openCorpus(t, { documents: DOCUMENTS.slice(0, 300) });
  const first = contents(epochOf(corpus).batch(0, 50));
  for (const other of [epochOf(corpus, 1), epochOf(corpus, 0, 2), epochOf(corpus, 0, 1 + 2 ** 32)]) {
    assert.notDeepEqual(contents(other.batch(0, 50)).inputIds, first.inputIds);
  }
  const masksOf = (epoch: number) => {
    const single = { seed: 1, objective: "mlm", shortSequenceProbability: 0 } as const; // the same cuts each epoch
    const data = new PretrainingEpoch(corpus, single, epoch);
    const masks = new Map<number, number[]>(); // by a sequence's first token
    for (const batch of batches(data))
      for (const { original: ids, positions } of sequencesOf(batch)) masks.set(ids[1]!, positions);
    return masks;
  };
  const [before, after] = [masksOf(0), masksOf(1)];
  const same = [...before].filter(([token, positions]) => after.get(token)!.join() === positions.join());
  assert.ok(same.length < before.size / 20, `${same.length} of ${before.size} have the same masks`);
});
