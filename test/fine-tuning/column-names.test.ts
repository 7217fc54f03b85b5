import "../support/one-thread.js";

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../runtime/fakes.js";
import { preparedRows } from "./prepared.js";

const choices = ["context", "sent1", "sent2", "ending0", "ending1", "label"];

/** The same row as a line of a table, with the names of its columns, and as an object. */
const ROWS = [
  { task: "classification", columnNames: ["label", "text"], line: "good\ta film" },
  { task: "regression", columnNames: ["score", "text"], line: "1\ta film" },
  { task: "multiple-choice", columnNames: choices, line: "a\ta\tfilm\tgood\tbad\t0" },
  { task: "masked-words", columnNames: ["text"], line: "a film" },
];

test("names of columns are for the table among a run's rows; they are refused where there is none", async (t) => {
  const folder = temporaryFolder(t);
  const write = (name: string, content: string) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  for (const { task, columnNames, line } of ROWS) {
    const cells = line.split("\t");
    const row = Object.fromEntries(columnNames.map((name, column) => [name, cells[column]]));
    const other = JSON.stringify({ ...row, ...(task === "classification" && { label: "bad" }) });
    const table = write("bare.tsv", `${line}\n${task === "classification" ? "bad\ta plot\n" : ""}`);
    const objects = write("rows.jsonl", `${JSON.stringify(row)}\n${other}\n`);
    for (const [train, validation] of [
      [table, objects],
      [objects, table],
    ]) {
      const { train: trained, validation: evaluated } = await preparedRows({
        task,
        train,
        validation,
        columnNames,
      });
      assert.ok(trained.rows > 0 && evaluated!.rows > 0, task);
    }
    await assert.rejects(preparedRows({ task, train: objects, validation: objects, columnNames }), {
      code: "ERR_OPTION",
      option: "columnNames",
      message: `Expected no value, as ${objects} is no table without a header line, for columnNames but received an array of ${columnNames.length} element${columnNames.length > 1 ? "s" : ""}`,
    });
  }
});

test("masked words: a column is named for the rows that have some; it is refused where all are lines of text", async (t) => {
  const folder = temporaryFolder(t);
  const lines = join(folder, "own.txt");
  writeFileSync(lines, "a film\n");
  const rows = [{ body: "a film" }];
  const options = { task: "masked-words", columns: { text: "body" } };
  for (const [train, validation] of [
    [lines, rows],
    [rows, lines],
  ])
    assert.equal((await preparedRows({ ...options, train, validation })).validation!.rows, 1);
  const ofLines = { task: "masked-words", train: lines, validation: lines };
  for (const [option, named] of [
    ["columns.text", { columns: { text: "body" } }],
    ["columnNames", { columnNames: ["body"] }],
  ] as const)
    await assert.rejects(preparedRows({ ...ofLines, ...named }), { code: "ERR_OPTION", option });
});
