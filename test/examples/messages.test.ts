import assert from "node:assert/strict";
import { before, test } from "node:test";
import {
  type ClassificationExample,
  readClassificationExamples,
} from "../../lib/tasks/classification/rows.js";

const INTENTS = [
  "billing",
  "cancellation",
  "complaint",
  "delivery",
  "login",
  "product-question",
  "refund",
  "technical-fault",
];

let train: ClassificationExample[];
let heldOut: ClassificationExample[];

before(async () => {
  train = await read("examples/quickstart/train.tsv");
  heldOut = await read("examples/quickstart/test.tsv");
});

async function read(path: string): Promise<ClassificationExample[]> {
  const examples = [];
  for await (const some of readClassificationExamples(path)) examples.push(...some);
  return examples;
}

const words = (text: string) => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];

/** Shared words over all words of two texts: 1 for the same bag of words. */
function jaccard(a: Set<string>, b: Set<string>): number {
  const shared = [...a].filter((word) => b.has(word)).length;
  return shared / (a.size + b.size - shared);
}

test("Both splits name each of the eight intents, and equally often", () => {
  for (const [examples, count] of [
    [train, 64],
    [heldOut, 21],
  ] as const) {
    const counts = Object.fromEntries(INTENTS.map((intent) => [intent, 0]));
    for (const { label } of examples) counts[label!]!++;
    assert.deepEqual(counts, Object.fromEntries(INTENTS.map((intent) => [intent, count])));
  }
});

test("Messages have 4 to 60 words and no spaces around them", () => {
  for (const { text, location } of [...train, ...heldOut]) {
    const { length } = text.split(/\s+/);
    assert.ok(length >= 4 && length <= 60, `${location}: ${length} words`);
    assert.equal(text, text.trim(), location);
  }
});

// Unrelated short questions share up to 0.4 of their words; a template with another noun filled in shares far more.
test("No two messages share more than half of their words", () => {
  const bags = [...train, ...heldOut].map(({ text, location }) => ({ bag: new Set(words(text)), location }));
  for (const [index, one] of bags.entries()) {
    for (const other of bags.slice(index + 1)) {
      assert.ok(jaccard(one.bag, other.bag) <= 0.5, `${one.location} and ${other.location}`);
    }
  }
});
