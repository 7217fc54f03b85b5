import assert from "node:assert/strict";
import { test } from "node:test";
import { doubtfulLabels } from "../../lib/data/doubtful-labels.js";

const alike = (...shown: string[]) =>
  shown.map((group) => `labels that look as if they were the same: ${group}`);

test("labels that case, spacing, hyphens, quotes or the writing of characters and numbers set apart are told", () => {
  const same: [labels: string[], shown: string][] = [
    [["Pos", "pos", "\uff30\uff4f\uff53"], '"Pos", "pos", "\uff30\uff4f\uff53"'],
    [["1", "1.0", "01"], '"1", "1.0", "01"'],
    [["new york", "new  york", "new\u00a0york"], '"new york", "new  york", "new\\u00a0york"'],
    [["sci_fi", "sci-fi", "sci fi", "sci\u2013fi"], '"sci_fi", "sci-fi", "sci fi", "sci\u2013fi"'],
    [["'pos'", "pos"], '"\'pos\'", "pos"'],
    [["R&amp;D", "R&D"], '"R&amp;D", "R&D"'],
  ];
  for (const [labels, shown] of same) assert.deepEqual(doubtfulLabels(["other", ...labels]), alike(shown));
});

test("characters that do not show, or look like others, are shown", () => {
  for (const hidden of ["\u00ad", "\u200b", "\u200e", "\u2060", "\ufeff"]) {
    const shown = `"po\\u${hidden.charCodeAt(0).toString(16).padStart(4, "0")}s", "pos"`;
    assert.deepEqual(doubtfulLabels([`po${hidden}s`, "pos"]), alike(shown));
  }
  assert.deepEqual(doubtfulLabels(["p\u043es", "pos"]), alike('"p\\u043es", "pos"'));
  assert.deepEqual(doubtfulLabels(["\u0421\u043f\u043e\u0440\u0442", "\u0441\u043f\u043e\u0440\u0442"]), [
    ...alike('"\u0421\u043f\u043e\u0440\u0442", "\u0441\u043f\u043e\u0440\u0442"'), // all in one alphabet, which is read as it is
  ]);
});

test("labels that other programs write where there is none are told", () => {
  const told = (shown: string) => [`labels that other programs write where there is none: ${shown}`];
  assert.deepEqual(doubtfulLabels(["nan", "good", "\\N", "None", "-"]), told('"nan", "\\\\N", "-"'));
  assert.deepEqual(doubtfulLabels(["-1", "0", "1", "2"]), told('"-1"'));
  assert.deepEqual(doubtfulLabels(["-1", "1"]), []);
  for (const scale of [
    ["-1", "0", "1"],
    ["-2", "-1", "0", "1", "2"],
  ])
    assert.deepEqual(doubtfulLabels(scale), []);
});

test("labels that seem to be several in one are told", () => {
  const told = (shown: string) => [
    `labels that look like several, of which a row of multi-label has an array, or a text with | between: ${shown}`,
  ];
  assert.deepEqual(doubtfulLabels(["a", "a, b", "['a']", "c, d"]), told('"a, b", "[\'a\']"'));
  assert.deepEqual(doubtfulLabels(["('a',)", "{'a', 'b'}", "other"]), told("\"('a',)\", \"{'a', 'b'}\""));
  assert.deepEqual(doubtfulLabels(["0 1 0", "1,0,0", "other"]), told('"0 1 0", "1,0,0"'));
  assert.deepEqual(doubtfulLabels(["a|b", "a", "b/a", "b", "c"]), told('"a|b", "b/a"'));
  assert.deepEqual(doubtfulLabels(["a b", "a", "b"]), told('"a b"'));
  assert.deepEqual(doubtfulLabels(["a;b", "b;c", "c;a"]), told('"a;b", "b;c", "c;a"')); // none of the parts alone
});

test("names that are what they seem are not told", () => {
  const names = [
    ["rock, metal", "jazz"],
    ["New York, NY", "Albany, NY", "Austin, TX"],
    ["science fiction", "science news", "fiction"],
    ["C", "C#", "C++"],
    ["1-2", "12", "3-4"],
    ["-1.5", "1.5"],
    ["4611686018427387904", "4611686018427387905"],
    ["``", "''", ",", ".", ":", "-LRB-", "NN"], // tags of the Penn Treebank
    ["\u0440\u0430\u043a", "\u043a\u043e\u0442"],
  ];
  for (const labels of names) assert.deepEqual(doubtfulLabels(labels), []);
});
