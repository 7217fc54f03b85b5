import assert from "node:assert/strict";
import { test } from "node:test";
import { CounterRandom } from "../../lib/counter-random.js";
import { estimatedSimilarity, MinHash, SIGNATURE_LENGTH } from "../../lib/inspection/min-hash.js";
import { bandWidth, findNearDuplicates } from "../../lib/inspection/near-duplicates.js";
import { normalForm, wordsOf } from "../../lib/inspection/normal-form.js";

/** Texts of which every second is the one before with some words replaced. */
function drawnTexts(count: number, seed: number): string[][] {
  const random = new CounterRandom(seed, 0);
  let draws = 0;
  const below = (limit: number) => Math.floor(random.uniform(draws++) * limit);
  const word = () => `w${below(400)}`;
  const texts: string[][] = [];
  for (let text = 0; text < count; text++) {
    const before = texts.at(-1);
    if (text % 2 === 0) texts.push(Array.from({ length: 8 + below(60) }, word));
    else texts.push(before!.map((one) => (below(12) === 0 ? word() : one)));
  }
  return texts;
}

/** The similarity that signatures estimate, computed of the sets themselves. */
function jaccard(a: readonly string[], b: readonly string[]): number {
  const pairsOf = (words: readonly string[]) =>
    new Set([...words, ""].map((word, index) => `${words[index - 1] ?? ""} ${word}`));
  const [x, y] = [pairsOf(a), pairsOf(b)];
  const common = [...x].filter((pair) => y.has(pair)).length;
  return common / (x.size + y.size - common);
}

function signaturesOf(texts: readonly (readonly string[])[], seed = 1): Uint16Array {
  const minHash = new MinHash(seed);
  const signatures = new Uint16Array(texts.length * SIGNATURE_LENGTH);
  for (const [text, words] of texts.entries())
    minHash.sign([words], signatures.subarray(text * SIGNATURE_LENGTH, (text + 1) * SIGNATURE_LENGTH));
  return signatures;
}

test("signatures estimate the Jaccard similarity of sets of word pairs without bias", () => {
  const texts = drawnTexts(400, 5);
  const signatures = signaturesOf(texts);
  let sum = 0;
  for (let text = 0; text < texts.length; text += 2) {
    const off = estimatedSimilarity(signatures, text, text + 1) - jaccard(texts[text]!, texts[text + 1]!);
    assert.ok(Math.abs(off) < 5 * 0.045, `text ${text} is off by ${off}`); // five standard deviations
    sum += off;
  }
  assert.ok(Math.abs(sum / 200) < 0.01); // of 200 estimates: three standard deviations of their mean
});

test("every pair that is alike enough is found, by each seed, with its estimated similarity", async () => {
  const texts = drawnTexts(400, 7);
  for (const [seed, similarity] of [
    [1, 0.8],
    [2, 0.6],
  ] as const) {
    const signatures = signaturesOf(texts, seed);
    const found = new Set<string>();
    const all = Int32Array.from(texts.keys());
    await findNearDuplicates({ signatures, texts: all, similarity }, (earlier, later, alike) => {
      assert.ok(earlier < later);
      assert.equal(alike, estimatedSimilarity(signatures, earlier, later));
      found.add(`${earlier} ${later}`);
    });
    const wanted: string[] = [];
    for (let later = 1; later < texts.length; later++)
      for (let earlier = 0; earlier < later; earlier++)
        if (estimatedSimilarity(signatures, earlier, later) >= similarity) wanted.push(`${earlier} ${later}`);
    assert.ok(wanted.length > 40);
    const missed = wanted.filter((pair) => !found.has(pair));
    assert.ok(missed.length <= 0.02 * wanted.length, `missed ${missed.length} of ${wanted.length}`);
    assert.ok([...found].every((pair) => wanted.includes(pair)));
  }
});

test("each text of a row weighs the same, however long it is", () => {
  const [context, question, other] = [
    drawnTexts(1, 3)[0]!,
    drawnTexts(1, 4)[0]!.slice(0, 6),
    ["w1", "w2", "w3"],
  ];
  const minHash = new MinHash(1);
  const signatures = new Uint16Array(2 * SIGNATURE_LENGTH);
  minHash.sign([question, [...context, ...context]], signatures.subarray(0, SIGNATURE_LENGTH));
  minHash.sign([other, [...context, ...context]], signatures.subarray(SIGNATURE_LENGTH));
  assert.equal(estimatedSimilarity(signatures, 0, 1), 0.5);
});

test("bands are as wide as lets a pair that is just alike enough meet in one with 99 %", () => {
  for (const similarity of [0.5, 0.6, 0.7, 0.8, 0.9, 0.95]) {
    const certainty = (width: number) =>
      1 - (1 - similarity ** width) ** Math.floor(SIGNATURE_LENGTH / width);
    assert.ok(certainty(bandWidth(similarity)) >= 0.99);
  }
  assert.equal(bandWidth(0.8), 6);
});

test("a normal form has no case, no invisible character and single spaces; Chinese characters are words", () => {
  assert.equal(normalForm("  A\u200bB \t ﬁlm\ufeff\u00a0É "), "ab film é");
  assert.deepEqual(wordsOf(normalForm("It's 我是 3.5")), ["it", "s", "我", "是", "3", "5"]);
  assert.deepEqual(wordsOf("!?"), ["!?"]);
  assert.deepEqual(wordsOf(""), []);
});

test("an abort ends the search with the signal's reason", async () => {
  const texts = drawnTexts(10, 1);
  const search = { signatures: signaturesOf(texts), texts: Int32Array.from(texts.keys()), similarity: 0.8 };
  const signal = AbortSignal.abort(new Error("enough"));
  await assert.rejects(
    findNearDuplicates({ ...search, signal }, () => {}),
    /enough/,
  );
});
