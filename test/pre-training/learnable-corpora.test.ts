import "../support/one-thread.js";

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { PrepareEvent } from "../../lib/data/corpus/events.js";
import { prepareCorpus } from "../../lib/data/corpus/prepare-corpus.js";
import { ShardedCorpus } from "../../lib/data/corpus/sharded-corpus.js";
import { noticesOf, type RunOptions, run, TINY, tenSteps } from "../support/pretraining-runs.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { ADJECTIVES, NOUNS } from "../support/words.js";

const directory = temporaryDirectory();
const sentence = (index: number) =>
  `the ${NOUNS[index % 8]} was ${ADJECTIVES[index % 11]} and ${ADJECTIVES[(index >> 3) % 11]} .`;

/** Documents of so many sentences each; no two alike. */
function documents(lengths: readonly number[], first = 0): string {
  let next = first;
  return lengths.map((length) => Array.from({ length }, () => sentence(next++)).join("\n")).join("\n\n");
}

let folders = 0;
async function prepared(text: string, validationShare = 0) {
  const outputDir = join(directory, `corpus-${++folders}`);
  const input = `${outputDir}.txt`;
  writeFileSync(input, text);
  const notices: string[] = [];
  const onProgress = (event: PrepareEvent) => void (event.type === "notice" && notices.push(event.message));
  const settings = { vocab: TINY, outputDir, validationShare, onProgress, format: "sentences" } as const;
  await prepareCorpus({ input: [input], ...settings });
  return { data: outputDir, notices };
}

function trained(data: string, options: RunOptions = {}) {
  const outputDir = join(directory, `run-${++folders}`);
  return run({ ...tenSteps, steps: 2, batchSize: 2, data, outputDir, ...options });
}

const count = (length: number, value: number) => Array.from({ length }, () => value);

test("where every document has one sentence, pairs cannot be learned: told at prepare, refused at pretrain", async () => {
  const { data, notices } = await prepared(documents(count(40, 1)));
  assert.match(notices.join(), /^40 of 40 documents have one sentence: .* \(a blank line ends a document\)$/);
  await assert.rejects(trained(data), {
    code: "ERR_DATA",
    message: new RegExp(
      `^${data}: Expected documents of two sentences or more for the objective "mlm\\+nsp" but received 40 documents of ` +
        'one sentence, whose pairs would all be random: take objective "mlm", or prepare',
    ),
  });
  const { events } = await trained(data, { objective: "mlm" });
  assert.deepEqual(noticesOf(events), []);
});

test("where most documents have one sentence, the share of random pairs is told", async () => {
  const { data, notices } = await prepared(documents([...count(40, 1), 3, 3]));
  assert.equal(notices.length, 1);
  const { events } = await trained(data);
  const [notice, ...others] = noticesOf(events);
  assert.deepEqual(others, []);
  assert.match(notice!, /^9\d % of the pairs are random, .* next-sentence accuracy of 0\.9\d$/);
});

test("evaluateEvery without documents to evaluate on is refused; one document suffices for masked words", async () => {
  const text = documents(count(20, 7));
  const { data: without } = await prepared(text);
  await assert.rejects(trained(without, { evaluateEvery: 1 }), {
    code: "ERR_OPTION",
    option: "evaluateEvery",
    message: `Expected no value, as ${without} has no validation documents (leave it out, or prepare with a larger validationShare), for evaluateEvery but received 1`,
  });
  assert.equal((await trained(without)).result.metrics, null);

  const { data } = await prepared(text, 0.1);
  using validation = ShardedCorpus.open(data, { split: "validation" });
  assert.equal(validation.documents, 1);
  await assert.rejects(trained(data, { evaluateEvery: 1 }), /one validation document, and pairs need two/);
  const pairs = await trained(data);
  assert.deepEqual(noticesOf(pairs.events), [
    `${data} has one validation document, and pairs need two: the run is not evaluated`,
  ]);
  const masked = await trained(data, { objective: "mlm", evaluateEvery: 1 });
  assert.ok(masked.result.metrics!.perplexity > 1);
  assert.deepEqual(noticesOf(masked.events), []);
});

test("validation documents of one sentence are told: their pairs are all random", async () => {
  const singles = documents(count(200, 1));
  const { data } = await prepared(`${singles}\n\n${documents(count(3, 4), 500)}`, 0.05);
  using validation = ShardedCorpus.open(data, { split: "validation" });
  assert.ok(validation.documents > 1 && validation.longerDocuments === 0);
  const notices = noticesOf((await trained(data)).events);
  assert.equal(
    notices[0],
    `${data}: no validation document has two sentences, so that all pairs of an evaluation are random`,
  );
});

test("a validation share that no document falls to is told", async () => {
  const { notices } = await prepared(documents(count(5, 4)), 0.001);
  assert.deepEqual(notices, [
    "no document fell to the validation share of 0.001: pre-training is not evaluated",
  ]);
});

test("text that the vocabulary does not know is told, and refused where it knows nothing of it", async () => {
  const foreign = (index: number) => `${"жзи"[index % 3]} ${"клм"[index % 3]}`;
  const { data: mixed, notices } = await prepared(
    `${documents(count(20, 7))}\n${Array.from({ length: 70 }, (_, index) => foreign(index)).join("\n")}`,
  );
  assert.match(notices.join(), /^1\d % of the tokens are \[UNK\]: the vocabulary does not fit the text$/);
  const { events } = await trained(mixed);
  assert.match(noticesOf(events).join(), /: 1\d % of the tokens are \[UNK\], which is easy to predict$/);
  const { data } = await prepared(`${foreign(0)}\n${foreign(1)}\n\n${foreign(2)}\n${foreign(3)}`);
  await assert.rejects(trained(data), {
    code: "ERR_DATA",
    message: `${data}: Expected words that the vocabulary has but received none: every token is [UNK]`,
  });
});

test("a mask split that hides no word is told", async () => {
  const { data } = await prepared(documents(count(20, 6)));
  const { events } = await trained(data, { maskSplit: "0/0/100" });
  assert.deepEqual(noticesOf(events), [
    "maskSplit 0/0/100 hides no word: the loss of the masked words says nothing",
  ]);
});

test("a run is not resumed with another corpus of equal counts", async () => {
  const lengths = count(20, 4);
  const { data } = await prepared(documents(lengths));
  const { data: other } = await prepared(documents(lengths, 7));
  const countsOf = (corpus: string) => {
    using opened = ShardedCorpus.open(corpus);
    return [opened.documents, opened.sentences, opened.tokens];
  };
  assert.deepEqual(countsOf(other), countsOf(data));
  const outputDir = join(directory, "equal-counts");
  await trained(data, { outputDir, snapshotEvery: 1 });
  await assert.rejects(trained(other, { outputDir, resume: true }), {
    code: "ERR_OPTION",
    message: /^Expected \{.*\}, as in the run to resume, for data but received \{/,
  });
});

test("a shard that was damaged ends the run before a weight of it, naming the file", async () => {
  const { data } = await prepared(documents(count(20, 4)));
  const path = join(data, "train-00000.safetensors");
  const bytes = readFileSync(path);
  using corpus = ShardedCorpus.open(data);
  bytes[corpus.shards[0]!.check.ids[0]]! ^= 1;
  writeFileSync(path, bytes);
  await assert.rejects(trained(data), {
    code: "ERR_DATA",
    message: new RegExp(
      `^${path}: Expected the shard that was written here but received one that was changed`,
    ),
  });
});
