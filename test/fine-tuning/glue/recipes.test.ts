import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type GlueRecipe, glueRecipes } from "../../../lib/fine-tuning/glue/recipes.js";
import { type GlueRow, glueRows, glueTexts } from "../../../lib/fine-tuning/glue/rows.js";
import { submissionLine } from "../../../lib/fine-tuning/glue/submission.js";
import { temporaryDirectory } from "../../support/temporary-directory.js";

const directory = temporaryDirectory();

function file(lines: string[][]): string {
  const path = join(directory, "rows.tsv");
  writeFileSync(path, lines.map((cells) => `${cells.join("\t")}\n`).join(""));
  return path;
}

async function rowsOf(recipe: GlueRecipe, lines: string[][] | string): Promise<GlueRow[]> {
  const rows: GlueRow[] = [];
  const path = typeof lines === "string" ? lines : file(lines);
  for await (const row of glueRows(recipe, path, assert.fail)) rows.push(row);
  return rows;
}

async function textsOf(recipe: GlueRecipe, lines: string[][]): Promise<unknown[]> {
  const texts: unknown[] = [];
  for await (const text of glueTexts(recipe, file(lines))) texts.push(text);
  return texts;
}

/** The beginnings of GLUE's own files: their columns, with rows made up. */
const MNLI_START = ["index", "promptID", "pairID", "genre", "sentence1_parse", "sentence1", "sentence2"];
const OWN_FILES: [keyof typeof glueRecipes, lines: string[][], row: GlueRow][] = [
  ["cola", [["gj04", "0", "*", "They drank the pub."]], { text: "They drank the pub.", label: "0" }],
  ["cola", [["gj04", "1", "", "They laughed."]], { text: "They laughed.", label: "1" }],
  [
    "sst2",
    [
      ["sentence", "label"],
      ["a gripping film", "1"],
    ],
    { text: "a gripping film", label: "1" },
  ],
  [
    "mrpc",
    [
      ["Quality", "#1 ID", "#2 ID", "#1 String", "#2 String"],
      ["1", "702", "703", "a", "b"],
    ],
    { text: "a", textPair: "b", label: "1" },
  ],
  [
    "stsb",
    [
      "index genre filename year old_index source1 source2 sentence1 sentence2 score".split(" "),
      "0 news MSRvid 2012 1 none none a b 3.800".split(" "),
    ],
    { text: "a", textPair: "b", label: 3.8 },
  ],
  [
    "qqp",
    [
      ["id", "qid1", "qid2", "question1", "question2", "is_duplicate"],
      ["0", "1", "2", "a", "b", "0"],
    ],
    { text: "a", textPair: "b", label: "0" },
  ],
  [
    "mnli",
    [
      [...MNLI_START, "label1", "gold_label"],
      ["0", "1", "1c", "fiction", "( a )", "a", "b", "neutral", "contradiction"],
    ],
    { text: "a", textPair: "b", label: "contradiction" },
  ],
  [
    "qnli",
    [
      ["index", "question", "sentence", "label"],
      ["0", "a", "b", "not_entailment"],
    ],
    { text: "a", textPair: "b", label: "not_entailment" },
  ],
  [
    "rte",
    [
      ["index", "sentence1", "sentence2", "label"],
      ["0", "a", "b", "entailment"],
    ],
    { text: "a", textPair: "b", label: "entailment" },
  ],
  [
    "wnli",
    [
      ["index", "sentence1", "sentence2", "label"],
      ["0", "a", "b", "1"],
    ],
    { text: "a", textPair: "b", label: "1" },
  ],
];

test("the rows of GLUE's own files are read, of all nine tasks", async () => {
  for (const [name, lines, row] of OWN_FILES) assert.deepEqual(await rowsOf(glueRecipes[name], lines), [row]);
  assert.deepEqual(Object.keys(glueRecipes).sort(), [...new Set(OWN_FILES.map(([name]) => name))].sort());
});

test("files with sentence1, sentence2 and label are read as well", async () => {
  const labelOf: Record<string, string> = { mnli: "neutral", rte: "entailment", qnli: "entailment" };
  for (const [name, recipe] of Object.entries<GlueRecipe>(glueRecipes)) {
    const label = labelOf[name] ?? "1";
    const [names, cells, row] = recipe.columns.textPair
      ? [["sentence1", "sentence2"], ["a", "b"], { text: "a", textPair: "b" }]
      : [["sentence"], ["a"], { text: "a" }];
    const lines = [
      [...names, "label"],
      [...cells, label],
    ];
    const expected = { ...row, label: recipe.task === "regression" ? 1 : label };
    assert.deepEqual(await rowsOf(recipe, lines), [expected], name);
  }
});

test("test sets are read, whose files have other columns and no label", async () => {
  const pair = [["a", "b"]];
  const cases: [keyof typeof glueRecipes, string[], string[], unknown[]][] = [
    ["cola", ["index", "sentence"], ["0", "a"], ["a"]],
    ["sst2", ["index", "sentence"], ["0", "a"], ["a"]],
    ["mrpc", ["index", "#1 ID", "#2 ID", "#1 String", "#2 String"], ["0", "1", "2", "a", "b"], pair],
    ["qqp", ["id", "question1", "question2"], ["0", "a", "b"], pair],
    ["mnli", MNLI_START, ["0", "1", "1c", "fiction", "( a )", "a", "b"], pair],
    ["qnli", ["index", "question", "sentence"], ["0", "a", "b"], pair],
    ["rte", ["index", "sentence1", "sentence2"], ["0", "a", "b"], pair],
  ];
  for (const [name, header, cells, texts] of cases)
    assert.deepEqual(await textsOf(glueRecipes[name], [header, cells]), texts, name);
});

test("a label or score that is not the task's is named by file and line", async () => {
  await assert.rejects(
    rowsOf(glueRecipes.cola, [
      ["gj04", "1", "", "a"],
      ["gj04", "2", "", "b"],
    ]),
    { code: "ERR_DATA", message: /rows\.tsv, line 2: Expected one of the labels "0", "1" but received "2"$/ },
  );
  await assert.rejects(
    rowsOf(glueRecipes.stsb, [
      ["sentence1", "sentence2", "score"],
      ["a", "b", "NaN"],
    ]),
    { message: /rows\.tsv, line 2: Expected a finite number in column "score" but received "NaN"$/ },
  );
});

test("QQP's broken rows are passed over and told; those of another task are an error", async () => {
  const header = ["sentence1", "sentence2", "label"];
  const lines = [header, ["a", "0"], ["a", "b", "1"], ["a", "0"]];
  const broken: string[] = [];
  const rows: GlueRow[] = [];
  for await (const row of glueRows(glueRecipes.qqp, file(lines), (location) => broken.push(location)))
    rows.push(row);
  assert.deepEqual(rows, [{ text: "a", textPair: "b", label: "1" }]);
  assert.deepEqual(
    broken.map((location) => location.split(", ").at(-1)),
    ["line 2", "line 4"],
  );
  await assert.rejects(rowsOf(glueRecipes.mrpc, lines), { message: /rows\.tsv, line 2: Expected 3 columns/ });
});

test("a line of a submission has the row's number and its label, or its score between 0 and 5", () => {
  assert.equal(submissionLine(0, "entailment"), "0\tentailment\n");
  assert.equal(submissionLine(7, 3.80049), "7\t3.800\n");
  assert.equal(submissionLine(8, -0.2), "8\t0.000\n");
  assert.equal(submissionLine(9, 5.3), "9\t5.000\n");
});

const RTE = "../shared/data/rte";
test("RTE as it is on disk is read whole", { skip: !existsSync(RTE) && `${RTE} is missing` }, async () => {
  assert.equal((await rowsOf(glueRecipes.rte, `${RTE}/train.tsv`)).length, 3367);
  assert.equal((await rowsOf(glueRecipes.rte, `${RTE}/dev.tsv`)).length, 800);
});
