import assert from "node:assert/strict";
import { test } from "node:test";
import { sentencesOf } from "../../../lib/data/corpus/sentences.js";

const sentencesIn = (text: string) => [...sentencesOf(text)];

/** Sentences, joined by a space, are found again. */
const CASES: [what: string, sentences: string[]][] = [
  ["plain sentences", ["The ship sails.", "It sinks!", "Does it?", "Yes…"]],
  [
    "titles",
    ["Mr. Smith met Mrs. Jones, Dr. Brown and Prof. White.", "Gen. Lee left on St. James St. with Ms. Ray."],
  ],
  ["initials", ["J. R. R. Tolkien and George W. Bush met H.W. Bush.", "J.K. Rowling wrote."]],
  ["acronyms within a sentence", ["He joined the U.S. Senate and the U.N. Security Council.", "It was new."]],
  [
    "acronyms at a sentence's end",
    ["He lives in the U.S.", "The house is big.", "He rose at 6 a.m.", "It was dark."],
  ],
  ["Latin", ["Use tools, e.g. Excel, i.e. Microsoft's, cf. Figure.", "Ali vs. Frazier was fought."]],
  ["numbers with a point", ["It grew by 3.5 percent, to $4.25.", "Version 2.0.1 is out."]],
  ["numbers behind an abbreviation", ["See No. 5 and Fig. 3 on pp. 12 of vol. 2.", "On Jan. 5 it rained."]],
  ["an abbreviation that is a word", ["I said no.", "He said yes.", "It was in Jan.", "The snow fell."]],
  ["companies", ["Apple Inc. Chairman Levinson spoke.", "He joined Ford Motor Co.", "It was large."]],
  ["marks of a list", ["1. We seek peace.", "2. We want it."]],
  ["a quoted call", ['"Stop!" he said.', '"Why?" asked Ann.', '"Go."', "She went."]],
  ["no end", ["a headline without a full stop"]],
  ["web addresses", ["See www.example.com for more.", "Write to a.b@c.org today."]],
];

for (const [what, sentences] of CASES) {
  test(`sentences: ${what}`, () => assert.deepEqual(sentencesIn(sentences.join(" ")), sentences));
}

test("white space around sentences goes, and an empty text has none", () => {
  assert.deepEqual(sentencesIn("  One.   Two.\t"), ["One.", "Two."]);
  assert.deepEqual(sentencesIn(""), []);
  assert.deepEqual(sentencesIn(" \t "), []);
});

test("Chinese has its own full stops", () => {
  assert.deepEqual(sentencesIn("我们走。他们来了！好吗？"), ["我们走。", "他们来了！", "好吗？"]);
});

test("a long text has the same sentences as its parts, in time that grows with its length", () => {
  const part = ["The ship sails on.", "Mr. Brown watches it from the shore, for he has nothing else to do."];
  const repeats = 20_000; // 1.8 MB, of which Intl.Segmenter alone would take minutes
  const sentences = sentencesIn(`${part.join(" ")} `.repeat(repeats));
  assert.equal(sentences.length, 2 * repeats);
  assert.ok(sentences.every((sentence, index) => sentence === part[index % 2]));
});

test("a text without sentences is cut between words, or between characters, and nothing is lost", () => {
  const words = "word ".repeat(5000).trim();
  const cut = sentencesIn(words);
  assert.ok(cut.every((sentence) => sentence.length <= 4096 && /^(word ?)+$/.test(sentence)));
  assert.equal(cut.join(" "), words);
  const letters = `a${"😀".repeat(5000)}`;
  const pieces = sentencesIn(letters);
  assert.ok(pieces.every((piece) => !/[\ud800-\udbff]$/.test(piece) && piece.length <= 4096));
  assert.equal(pieces.join(""), letters);
});

test("a text of abbreviations alone is divided in time that grows with its length, and nothing is lost", () => {
  const text = "Dr. ".repeat(200_000).trim(); // minutes, if every part were looked at again and again
  const sentences = sentencesIn(text);
  assert.equal(sentences.join(" "), text);
  assert.ok(sentences.every(({ length }) => length <= 4096));
});
