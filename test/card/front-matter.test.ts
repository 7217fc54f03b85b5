import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { frontMatter, metadataIn } from "../../lib/card/front-matter.js";
import { code, escaped, table } from "../../lib/card/markdown.js";
import { hubMetric, metricTitle } from "../../lib/card/metrics.js";
import { plainText } from "../../lib/card/plain-text.js";
import { isSealed, sealed } from "../../lib/card/seal.js";
import { inPython, withoutPython } from "../support/python.js";

/** Texts that YAML would take for something else, or for its end. */
const HARD = [
  "no",
  "1_000",
  "1e-7",
  "~",
  "a: b",
  "---",
  "\n---\n",
  '"',
  "'",
  "# a",
  "- a",
  "*a",
  "&a",
  "\u2028",
];
const text = fc.oneof(
  fc.constantFrom(...HARD),
  fc.string({ unit: "binary" }),
  fc.string({ unit: "grapheme" }),
);

test("any text comes back from the front matter as it was, but for what no line can show", () => {
  fc.assert(
    fc.property(text, text, (one, other) => {
      const metadata = { one: plainText(one), list: [{ other: plainText(other) }] };
      assert.deepEqual(metadataIn(`${frontMatter(metadata)}\n# Title\n`), metadata);
      assert.deepEqual(frontMatter(metadata).split("\n---\n").length, 2);
    }),
  );
});

test("Python reads the same of it", { skip: withoutPython }, async () => {
  const drawn = fc.sample(text, { numRuns: 300, seed: 1 });
  const values = [...HARD, ...drawn, "\u0085", "\ufeff", "\ufffe", "\ud800"].map(plainText);
  const program = `
import json, sys
from huggingface_hub import ModelCard
for line in sys.stdin:
    print(json.dumps(ModelCard(json.loads(line)).data.to_dict()["values"]))
`;
  const [read] = await inPython(program, [], `${frontMatter({ values })}\n# A title\n`);
  assert.deepEqual(read, values);
});

test("front matter that is damaged, or that is no object, says nothing, and ends", () => {
  const bomb = Array.from({ length: 30 }, (_, i) => `a${i}: &a${i} [${`*a${i - 1},`.repeat(9)}]`).join("\n");
  const deep = `a: ${"[".repeat(100_000)}`;
  for (const yaml of ["a: [", "- a", "a", "a: b\na: c", "a: *b", bomb, deep, "!!js/function x: 1"])
    assert.doesNotThrow(() => metadataIn(`---\n${yaml}\n---\n`), yaml.slice(0, 20));
  assert.deepEqual(metadataIn("---\na: [\n---\n"), {});
  assert.deepEqual(metadataIn("---\n- a\n---\n"), {});
  assert.deepEqual(metadataIn("# no front matter"), {});
  assert.deepEqual(metadataIn("---\r\nlicense: mit\r\n---\r\ntext"), { license: "mit" });
  fc.assert(fc.property(fc.string({ unit: "binary" }), (yaml) => void metadataIn(`---\n${yaml}\n---\n`)));
});

test("a sealed text is known until one character of it is another", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.nat(), (content, place) => {
      const card = sealed(content);
      assert.ok(isSealed(card));
      const at = place % card.length;
      const changed = `${card.slice(0, at)}${card[at] === "x" ? "y" : "x"}${card.slice(at + 1)}`;
      assert.ok(!isSealed(changed) && !isSealed(`${card} `) && !isSealed(content));
    }),
  );
});

test("no name ends the Markdown that it stands in", () => {
  assert.equal(code("a`b``c"), "``` a`b``c ```");
  assert.equal(code("dev_1.tsv"), "`dev_1.tsv`");
  assert.equal(code("a\nb"), "`a\ufffdb`");
  assert.equal(escaped("<b>*a*</b>"), "\\<b\\>\\*a\\*\\</b\\>");
  assert.equal(table(["a"], [["b|c"]]), "| a |\n| --- |\n| b\\|c |");
});

test("figures have the Hub's names, and titles that people read", () => {
  const shown = [
    "accuracy",
    "macroF1",
    "matthewsCorrelation",
    "exactMatch",
    "bestF1",
    "f1",
    "meanSquaredError",
    "ndcgAt10",
    "accuracyAt1",
    "tripletAccuracy",
  ];
  assert.deepEqual(shown.map(metricTitle), [
    ...["Accuracy", "Macro F1", "Matthews correlation", "Exact match", "Best F1", "F1", "Mean squared error"],
    ...["NDCG@10", "Accuracy@1", "Triplet accuracy"],
  ]);
  assert.deepEqual(shown.map(hubMetric), [
    ...["accuracy", "f1", "matthews_correlation", "exact_match", "best_f1", "f1", "mse"],
    ...["ndcg@10", "accuracy@1", "triplet_accuracy"],
  ]);
});
