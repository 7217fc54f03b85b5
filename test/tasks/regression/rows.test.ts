import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { RowSource } from "../../../lib/options/row-options.js";
import { type RegressionColumns, readRegressionExamples } from "../../../lib/tasks/regression/rows.js";
import { temporaryDirectory } from "../../support/temporary-directory.js";

const directory = temporaryDirectory();

async function scoresOf(source: RowSource, columns?: RegressionColumns): Promise<number[]> {
  const scores: number[] = [];
  for await (const rows of readRegressionExamples(source, { columns }))
    scores.push(...rows.map(({ label }) => label));
  return scores;
}

test("a score is a number, or a text that writes one in decimals", async () => {
  const scores = [3, -0.25, "3.800", "-2", "+1e-3", ".5", "5.", " 4 ", 0];
  assert.deepEqual(
    await scoresOf(scores.map((score) => ({ text: "x", score }))),
    [3, -0.25, 3.8, -2, 0.001, 0.5, 5, 4, 0],
  );
  const path = join(directory, "rows.tsv");
  writeFileSync(path, "sentence1\tsentence2\tscore\na\tb\t4.250\n");
  assert.deepEqual(await scoresOf(path), [4.25]);
});

test("the column is score or label, or what the caller names", async () => {
  assert.deepEqual(await scoresOf([{ text: "x", label: 1, score: 2 }]), [2]);
  assert.deepEqual(await scoresOf([{ text: "x", label: "1" }]), [1]);
  assert.deepEqual(await scoresOf([{ text: "x", score: 1, stars: 4 }], { label: "stars" }), [4]);
});

test("what is no finite number is refused with its location", async () => {
  const cases: [unknown, string][] = [
    [Number.NaN, "NaN"],
    [Number.POSITIVE_INFINITY, "Infinity"],
    ["NaN", '"NaN"'],
    ["-Infinity", '"-Infinity"'],
    ["1e999", '"1e999"'],
    ["good", '"good"'],
    ["0x10", '"0x10"'],
    ["3,5", '"3,5"'],
    ["", "an empty one"],
    [" ", '" "'],
    [null, "null"],
    [true, "true"],
    [[3], "an array of 1 element"],
  ];
  for (const [score, received] of cases) {
    const rows = [
      { text: "x", score: 1 },
      { text: "x", score },
    ];
    await assert.rejects(scoresOf(rows), {
      code: "ERR_DATA",
      message: `row 2: Expected a finite number in column "score" but received ${received}`,
    });
  }
  await assert.rejects(scoresOf([{ text: "x", score: 1 }, { text: "x" }]), {
    message:
      'row 2: Expected a column named "score" but received the columns "text": name the right one with columns.label',
  });
  await assert.rejects(scoresOf([{ text: "x" }]), {
    message:
      'row 1: Expected a column named "score" or "label" but received the columns "text": name the right one with columns.label',
  });
});

test("a score that float32 cannot hold is refused with its row", async () => {
  const largest = 3.4028234e38;
  for (const score of [largest, -largest, String(largest), 10n]) await scoresOf([{ text: "a", score }]);
  for (const [score, received] of [
    [1e39, "1e+39"],
    ["-1e39", '"-1e39"'],
  ])
    await assert.rejects(scoresOf([{ text: "a", score }]), {
      code: "ERR_DATA",
      message: `row 1: Expected a number up to 3.4e38 in size in column "score" but received ${received}`,
    });
});

test("a text that is almost a number takes no longer than its length", async () => {
  const score = `${"1".repeat(2_000_000)}x`; // quadratic, it would take hours
  await assert.rejects(scoresOf([{ text: "a", score }]), { code: "ERR_DATA" });
});
