/** Properties of the pairs, each over 200,000 instances and more. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { PretrainingEpoch } from "../../../lib/data/pretraining/pretraining-epoch.js";
import { openCorpus, randomDocuments } from "./synthetic-corpus.js";

/** Documents of a sentence, and of many; sentences shorter and longer than a sequence. */
const DOCUMENTS = randomDocuments(6000, 60, 24).map((sentences, index) =>
  index % 10 === 0 ? sentences.map((length) => 4 * length) : sentences,
);
const MAX_SEQ_LENGTH = 64;
const EPOCHS = 4;

test("half of the pairs follow each other, but where a document ends; over 200,000 instances", (t) => {
  const corpus = openCorpus(t, { documents: DOCUMENTS, documentsPerShard: 1000 });
  let instances = 0;
  let free = 0; // instances with more than one sentence to divide, where a coin decides
  let freeRandom = 0;
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    const options = { seed: 5, maxSeqLength: MAX_SEQ_LENGTH, shortSequenceProbability: 0 };
    const data = new PretrainingEpoch(corpus, options, epoch);
    const uses = DOCUMENTS.map((sentences) => new Uint8Array(sentences.length));
    let random = 0;
    for (let index = 0; index < data.size; index++) {
      const { a, b, isRandomNext } = data.plan.instance(index);
      assert.ok(b !== null && a.start < a.end && b.start < b.end);
      assert.ok(a.end <= DOCUMENTS[a.document]!.length && b.end <= DOCUMENTS[b.document]!.length);
      if (isRandomNext) {
        random++;
        assert.notEqual(b.document, a.document, "a random B is of another document");
      } else {
        assert.deepEqual([b.document, b.start], [a.document, a.end], "a true B follows A");
      }
      uses[a.document]!.fill(uses[a.document]![a.start]! + 1, a.start, a.end);
      if (!isRandomNext) uses[b.document]!.fill(uses[b.document]![b.start]! + 1, b.start, b.end);
      if (a.start < DOCUMENTS[a.document]!.length - 1) {
        free++;
        if (isRandomNext) freeRandom++;
      } else {
        assert.ok(isRandomNext, "a document's last sentence has nothing to be followed by");
      }
    }
    for (const counts of uses) assert.ok(counts.every((count) => count === 1));
    assert.equal(data.randomPairShare, random / data.size);
    instances += data.size;
  }
  assert.ok(instances > 200_000, `${instances} instances`);
  // Five standard deviations of a fair coin's share.
  assert.ok(Math.abs(freeRandom / free - 0.5) < 2.5 / Math.sqrt(free), `${freeRandom} of ${free}`);
});

test("every sentence of every document is used exactly once an epoch, with and without pairs", (t) => {
  const corpus = openCorpus(t, { documents: DOCUMENTS, documentsPerShard: 999 });
  for (const objective of ["mlm+nsp", "mlm", "causal"] as const) {
    const { plan } = new PretrainingEpoch(corpus, { seed: 1, objective }, 0);
    const uses = DOCUMENTS.map((sentences) => new Uint8Array(sentences.length));
    const use = (document: number, start: number, end: number) => {
      for (let sentence = start; sentence < end; sentence++) uses[document]![sentence]!++;
    };
    for (let index = 0; index < plan.instances; index++) {
      const { a, b, isRandomNext } = plan.instance(index);
      use(a.document, a.start, a.end);
      if (b && !isRandomNext) use(b.document, b.start, b.end);
    }
    for (const counts of uses) assert.ok(counts.every((count) => count === 1));
  }
});

test("in short sequences, too, half of the pairs follow each other", (t) => {
  const sentences = 200; // of 40 tokens, in sequences of 32
  const corpus = openCorpus(t, {
    documents: Array.from({ length: 50 }, () => new Array(sentences).fill(40)),
  });
  const data = new PretrainingEpoch(corpus, { seed: 1, maxSeqLength: 32 }, 0);
  // Five standard deviations, and each document's last sentence.
  const tolerance = 2.5 / Math.sqrt(data.size) + 1 / sentences;
  assert.ok(Math.abs(data.randomPairShare - 0.5) < tolerance, `${data.randomPairShare}`);
});

test("target lengths: nine in ten full, the others uniform from 2 tokens on", (t) => {
  // Sentences of one token make sequences of exactly the target length, but at a document's end.
  const documents = Array.from({ length: 40 }, () => new Array<number>(100_000).fill(1));
  const corpus = openCorpus(t, { documents });
  const { plan } = new PretrainingEpoch(corpus, { seed: 2, objective: "mlm", maxSeqLength: 22 }, 0);
  const counts = new Float64Array(21); // by length, 2 to 20
  for (let index = 0; index < plan.instances; index++) {
    const { a } = plan.instance(index);
    if (a.end < 100_000) counts[a.tokens]!++;
  }
  const total = counts.reduce((sum, count) => sum + count, 0);
  assert.ok(total > 200_000, `${total} instances`);
  for (let length = 0; length <= 20; length++) {
    const share = length < 2 ? 0 : 0.1 / 19 + (length === 20 ? 0.9 : 0);
    const deviation = Math.sqrt(total * share * (1 - share));
    assert.ok(Math.abs(counts[length]! - share * total) <= 5 * deviation, `${counts[length]} of ${length}`);
  }
});

test("a random B comes from every other document equally often, and from all of its sentences", (t) => {
  const documents = [1, 5, 50, 500, 20].map((sentences) => new Array<number>(sentences).fill(30));
  const corpus = openCorpus(t, { documents, documentsPerShard: 2 });
  const chosen = [0, 0, 0, 0, 0];
  const startsIn50 = new Float64Array(50);
  for (let epoch = 0; epoch < 100; epoch++) {
    const { plan } = new PretrainingEpoch(corpus, { seed: 3, maxSeqLength: 40 }, epoch);
    for (let index = 0; index < plan.instances; index++) {
      const { a, b, isRandomNext } = plan.instance(index);
      if (!isRandomNext || a.document !== 3) continue;
      chosen[b!.document]!++;
      if (b!.document === 2) startsIn50[b!.start]!++;
    }
  }
  const total = chosen.reduce((sum, count) => sum + count, 0);
  assert.ok(total > 10_000 && chosen[3] === 0);
  for (const document of [0, 1, 2, 4]) {
    const deviation = Math.sqrt((total * 3) / 16);
    assert.ok(Math.abs(chosen[document]! - total / 4) < 5 * deviation, `${chosen} of ${total}`);
  }
  const expected = chosen[2]! / 50;
  for (const count of startsIn50) assert.ok(Math.abs(count - expected) < 5 * Math.sqrt(expected));
});

test("without pairs, a sequence has the whole sentences that fit, and at least one", (t) => {
  const corpus = openCorpus(t, { documents: [[5, 5, 5, 30, 3, 3], [20]] });
  const options = { seed: 1, objective: "mlm", maxSeqLength: 14, shortSequenceProbability: 0 } as const;
  const { plan } = new PretrainingEpoch(corpus, options, 0);
  const found = Array.from({ length: plan.instances }, (_, index) => plan.instance(index).a);
  assert.deepEqual(
    found.map(({ document, start, end }) => [document, start, end]),
    [
      [0, 0, 2],
      [0, 2, 3],
      [0, 3, 4],
      [0, 4, 6],
      [1, 0, 1],
    ],
  );
});

test("a corpus of one document is refused for pairs, and an empty one for everything", (t) => {
  const one = openCorpus(t, { documents: [[5, 5, 5]] });
  const sample = (corpus: typeof one, objective: "mlm+nsp" | "mlm") =>
    new PretrainingEpoch(corpus, { seed: 1, objective }, 0).size;
  assert.throws(() => sample(one, "mlm+nsp"), {
    code: "ERR_DATA",
    message:
      "Expected at least 2 documents for the corpus but received 1: a random second segment comes from another document",
  });
  assert.equal(sample(one, "mlm"), 1);
  const none = openCorpus(t, { documents: [], documentsPerShard: 1 });
  assert.throws(() => sample(none, "mlm"), /at least 1 documents for the corpus but received 0/);
});
