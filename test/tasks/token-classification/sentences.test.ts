import assert from "node:assert/strict";
import { test } from "node:test";
import {
  checkTags,
  countMisplaced,
  readTaggedSentences,
  type TaggedSentence,
  tagIds,
} from "../../../lib/tasks/token-classification/sentences.js";
import { TextTokenizer } from "../../../lib/tokenizer/text-tokenizer.js";
import { goldenPath } from "../../support/golden.js";

const tokenizer = await TextTokenizer.load(goldenPath("tiny-bert-tokens"));

async function sentencesOf(...tags: string[]): Promise<TaggedSentence[]> {
  const rows = tags.map((row) => ({ tokens: row.split(" ").map(() => "film"), tags: row.split(" ") }));
  return (await readTaggedSentences(rows, tokenizer, { scheme: "BIO" })).sentences;
}

test("words keep their tags, and entities in characters become tags of the scheme", async () => {
  const rows = [
    { tokens: ["the", "film"], tags: ["O", "B-work"] },
    { text: "the film, slowly", entities: [{ start: 0, end: 13, label: "work" }] },
  ];
  const { sentences, widenedEntities } = await readTaggedSentences(rows, tokenizer, { scheme: "BIOES" });
  assert.deepEqual(
    sentences.map(({ tags }) => tags),
    [
      ["O", "B-work"],
      ["B-work", "I-work", "I-work", "E-work"],
    ],
  );
  assert.equal(widenedEntities, 1);
  assert.deepEqual(sentences[1]!.words, [
    [0, 3],
    [4, 8],
    [8, 9],
    [10, 16],
  ]);
});

test("a tag outside the scheme is named with its location", async () => {
  const sentences = await sentencesOf("O B-x", "O O E-x");
  assert.doesNotThrow(() => checkTags(sentences, "BIOES"));
  assert.throws(() => checkTags(sentences, "BIO"), {
    code: "ERR_DATA",
    message: 'row 2, word 3: Expected a tag of the scheme BIO but received "E-x"',
  });
});

test("tags that break the scheme's order are counted, the first one named with its location", async () => {
  const sentences = await sentencesOf("O I-x I-x", "B-x I-y", "B-x I-x");
  assert.deepEqual(countMisplaced(sentences, "BIO"), { count: 2, first: "row 1, word 2: I-x after O" });
  assert.deepEqual(countMisplaced(sentences.slice(2), "BIO"), { count: 0, first: null });
  assert.deepEqual(countMisplaced(await sentencesOf("O B-x"), "BIOES"), {
    count: 1,
    first: "row 1, word 2: O after B-x",
  });
});

test("every tag has its class number, and one without is named with its location", async () => {
  const sentences = await sentencesOf("O B-x", "I-x");
  assert.deepEqual(
    tagIds(sentences, ["O", "I-x", "B-x"]).map((ids) => [...ids]),
    [[0, 2], [1]],
  );
  assert.throws(() => tagIds(sentences, ["O", "B-x"]), {
    code: "ERR_DATA",
    message: 'row 2, word 1: Expected one of the tags "O", "B-x" but received "I-x"',
  });
});

test("reading stops when it is aborted", async () => {
  const signal = AbortSignal.abort();
  const rows = [{ tokens: ["film"], tags: ["O"] }];
  await assert.rejects(readTaggedSentences(rows, tokenizer, { scheme: "BIO", signal }), {
    name: "AbortError",
  });
});
