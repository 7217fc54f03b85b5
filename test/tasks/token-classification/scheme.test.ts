import assert from "node:assert/strict";
import { test } from "node:test";
import { entitiesOf, strictEntitiesOf } from "../../../lib/tasks/token-classification/entity-spans.js";
import {
  areMisspelt,
  detectScheme,
  isTagOf,
  mayFollow,
  TAGGING_SCHEMES,
  type TaggingScheme,
  tagEntities,
  tagsOfTypes,
} from "../../../lib/tasks/token-classification/scheme.js";

test("a tag belongs to a scheme by its prefix, and has a type", () => {
  for (const scheme of ENTITY_SCHEMES) {
    for (const tag of ["O", "B-x", "I-creative-work"]) assert.ok(isTagOf(scheme, tag), tag);
    for (const tag of ["", "B", "B-", "Bx", "X-x", "b-x", "o", "PER", "L-x"])
      assert.ok(!isTagOf(scheme, tag), tag);
  }
  assert.deepEqual(
    TAGGING_SCHEMES.map((scheme) => isTagOf(scheme, "E-x") && isTagOf(scheme, "S-x")),
    [false, false, true, true],
  );
});

test("a model's labels are all tags of its types, sorted", () => {
  assert.deepEqual(tagsOfTypes(["y", "x"], "BIO"), ["B-x", "B-y", "I-x", "I-y", "O"]);
  assert.deepEqual(tagsOfTypes(["x"], "BIOES"), ["B-x", "E-x", "I-x", "O", "S-x"]);
});

test("an entity's tags name it in every scheme", () => {
  const tagsIn = (scheme: TaggingScheme) =>
    tagEntities(
      [
        { type: "x", start: 4, end: 5 },
        { type: "x", start: 1, end: 4 },
        { type: "y", start: 5, end: 7 },
      ],
      8,
      scheme,
    ).join(" ");
  assert.equal(tagsIn("BIO"), "O B-x I-x I-x B-x B-y I-y O");
  assert.equal(tagsIn("IOB1"), "O I-x I-x I-x B-x I-y I-y O");
  assert.equal(tagsIn("BIOES"), "O B-x I-x E-x S-x B-y E-y O");
});

test("in every scheme the tags of entities follow its rules, and reading them gives the entities back", () => {
  for (const scheme of ENTITY_SCHEMES) {
    for (const tags of sequencesOf(tagsOfTypes(["x", "y"], "BIO"), 4)) {
      const entities = strictEntitiesOf(tags, "BIO");
      const tagged = tagEntities(entities, tags.length, scheme);
      for (const [word, tag] of [...tagged, "O"].entries()) {
        assert.ok(mayFollow(tagged[word - 1] ?? "O", tag, scheme), `${scheme}: ${tagged}`);
      }
      assert.deepEqual(strictEntitiesOf(tagged, scheme), entities);
      assert.deepEqual(entitiesOf(tagged), entities);
    }
  }
});

test("a sequence in which every tag may follow the one before is one that strict reading accepts whole", () => {
  for (const scheme of ENTITY_SCHEMES) {
    for (const tags of sequencesOf(tagsOfTypes(["x", "y"], scheme), 3)) {
      const follows = [...tags, "O"].every((tag, word) => mayFollow(tags[word - 1] ?? "O", tag, scheme));
      // IOB1: seqeval does not count a lone B- before another type's B-, but neither may follow the scheme's rules.
      const read = strictEntitiesOf(tags, scheme);
      const tagged = tags.filter((tag) => tag !== "O").length;
      const whole = read.reduce((words, { start, end }) => words + end - start, 0) === tagged;
      if (follows) assert.ok(whole, `${scheme}: ${tags}`);
      else if (scheme !== "IOB1") assert.ok(!whole, `${scheme}: ${tags}`);
    }
  }
});

const ENTITY_SCHEMES = TAGGING_SCHEMES.filter((scheme) => scheme !== "plain");

function sequencesOf(tags: readonly string[], length: number): string[][] {
  if (length === 0) return [[]];
  return sequencesOf(tags, length - 1).flatMap((start) => tags.map((tag) => [...start, tag]));
}

test("in IOB1 a B- may only follow an entity of its type, an I- may follow anything", () => {
  assert.ok(mayFollow("I-x", "B-x", "IOB1") && mayFollow("B-x", "B-x", "IOB1"));
  assert.ok(mayFollow("O", "I-x", "IOB1") && mayFollow("I-y", "I-x", "IOB1"));
  assert.ok(!mayFollow("O", "B-x", "IOB1") && !mayFollow("I-y", "B-x", "IOB1"));
});

test("the scheme is detected from the tags", () => {
  assert.equal(detectScheme([["O", "B-x", "I-x"], ["B-y"]]), "BIO");
  assert.equal(
    detectScheme([
      ["O", "I-x", "I-x"],
      ["I-x", "B-x"],
    ]),
    "IOB1",
  );
  assert.equal(detectScheme([["B-x", "E-x"]]), "BIOES");
  assert.equal(detectScheme([["O", "S-x"]]), "BIOES");
  assert.equal(
    detectScheme([
      ["DET", "NOUN"],
      ["O", "VERB"],
    ]),
    "plain",
  );
  assert.equal(detectScheme([["NOUN"], ["B-x"]]), "BIO", "a mixture is for the check of tags to refuse");
});

test("tags of entities in another spelling are told from tags that stand for themselves", () => {
  for (const tags of [
    ["b-per", "i-per", "o"],
    ["B_PER", "I_PER", "O"],
    ["PER-B", "PER-I", "O"],
    ["U-PER", "O", "U-LOC"],
    ["<B-PER>", "<O>"],
    ["B-", "0"],
  ])
    assert.ok(areMisspelt(tags), String(tags));
  for (const tags of [
    ["NOUN", "VERB", "O"],
    ["S-FOO", "NOUN"],
    ["PER", "O"],
    ["O", "0"],
    ["NN-S", "VB-Z"],
    [],
  ])
    assert.ok(!areMisspelt(tags), String(tags));
});

test("tags that fit no scheme, and those that fit all, are read as BIO", () => {
  assert.equal(detectScheme([["O", "B-x", "O", "I-x"]]), "BIO");
  assert.equal(detectScheme([["O", "O"]]), "BIO");
  assert.equal(detectScheme([]), "BIO");
});
