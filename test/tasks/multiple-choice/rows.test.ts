import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { RowSource } from "../../../lib/options/row-options.js";
import {
  type ChoiceExample,
  choicePairs,
  readChoiceExamples,
} from "../../../lib/tasks/multiple-choice/rows.js";
import { temporaryFolder } from "../../runtime/fakes.js";

async function examplesOf(source: RowSource, options = {}): Promise<ChoiceExample[]> {
  const examples: ChoiceExample[] = [];
  for await (const some of readChoiceExamples(source, options)) examples.push(...some);
  return examples;
}

async function assertFails(source: RowSource, message: string): Promise<void> {
  await assert.rejects(examplesOf(source), { code: "ERR_DATA", message });
}

const ROW = { context: "a man sits", choices: ["he stands", "he sings", "it rains"], label: 1 };

test("SWAG's CSV: the second sentence stands before every ending, as in transformers' run_swag", async (t) => {
  const path = join(temporaryFolder(t), "train.csv");
  writeFileSync(
    path,
    [
      ",video-id,fold-ind,startphrase,sent1,sent2,gold-source,ending0,ending1,ending2,ending3,label",
      '0,v1,3,x,"A man, tall, sits.",He,gold,stands up.,"says ""no"".",sings.,leaves.,3',
      "1,v2,4,x,A dog runs.,It,gen,barks.,flies.,reads.,sleeps.,0",
      "",
    ].join("\n"),
  );
  const [first, second, ...others] = await examplesOf(path);
  assert.deepEqual(others, []);
  assert.deepEqual(first, {
    context: "A man, tall, sits.",
    question: "He",
    choices: ["stands up.", 'says "no".', "sings.", "leaves."],
    label: 3,
    location: `${path}, line 2`,
  });
  assert.deepEqual(choicePairs(second!), [
    ["A dog runs.", "It barks."],
    ["A dog runs.", "It flies."],
    ["A dog runs.", "It reads."],
    ["A dog runs.", "It sleeps."],
  ]);
  assert.equal(second!.label, 0);
});

test("a question stands before every choice; without one, the choice is the second text", async () => {
  const [plain] = await examplesOf([ROW]);
  assert.deepEqual(plain, { ...ROW, location: "row 1" });
  assert.deepEqual(choicePairs(plain!)[2], ["a man sits", "it rains"]);
  const [asked] = await examplesOf([{ ...ROW, question: "what then?" }]);
  assert.equal(asked!.question, "what then?");
  assert.deepEqual(choicePairs(asked!)[2], ["a man sits", "what then? it rains"]);
  assert.deepEqual(await examplesOf([{ ...ROW, question: null }]), [plain]);
});

test("a label is an index, as a number or its text, or a choice's own text", async () => {
  const labels = [0, 2, "1", "it rains"];
  const examples = await examplesOf(labels.map((label) => ({ ...ROW, label })));
  assert.deepEqual(
    examples.map(({ label }) => label),
    [0, 2, 1, 2],
  );
});

test("a text that would be two different choices by index and by text is refused; where both are one it is not", async () => {
  const numbers = { context: "2 - 1 =", choices: ["2", "1", "3"] };
  assert.equal((await examplesOf([{ ...numbers, label: "1" }]))[0]!.label, 1);
  assert.equal((await examplesOf([{ ...numbers, label: "3" }]))[0]!.label, 2, "no index, but a choice");
  assert.equal((await examplesOf([{ ...numbers, label: 2 }]))[0]!.label, 2, "a number is an index");
  await assertFails(
    [{ ...numbers, label: "2" }],
    'row 1: Expected an index that is a number, or the text of a choice, for the label but received "2", which is both choice 2 and the text of choice 0',
  );
});

test("a limit counts examples", async () => {
  assert.equal((await examplesOf([ROW, ROW, {}], { limit: 2 })).length, 2);
});

test("rows keep their order over several arrays, with as many choices in all of them", async () => {
  const rows = Array.from({ length: 2500 }, (_, row) => ({ ...ROW, label: row % 3 }));
  const examples = await examplesOf(rows);
  assert.equal(examples.length, 2500);
  for (const row of [0, 1023, 1024, 2499])
    assert.deepEqual([examples[row]!.label, examples[row]!.location], [row % 3, `row ${row + 1}`]);
  const choices = ROW.choices.slice(0, 2);
  await assertFails(
    [...rows, { ...ROW, choices }],
    "row 2501: Expected 3 choices, as in the rows before, but received 2",
  );
});

test("rows with another number of choices than the first are refused", async () => {
  await assertFails(
    [ROW, { ...ROW, choices: ["a", "b"] }],
    "row 2: Expected 3 choices, as in the rows before, but received 2",
  );
  const swag = { sent1: "a", sent2: "b", ending0: "c", ending1: "d", label: 0 };
  await assertFails(
    [swag, { ...swag, ending2: "e" }],
    "row 2: Expected 2 choices, as in the rows before, but received 3",
  );
});

test("fewer than two choices are refused", async () => {
  for (const number of [0, 1]) {
    const choices = ROW.choices.slice(0, number);
    await assertFails([{ ...ROW, choices }], `row 1: Expected at least two choices but received ${number}`);
  }
});

test("a label that is no choice is named, with its location", async () => {
  const shown = { "3": "3", "-1": "-1", "0.5": "0.5", NaN: "NaN", rain: '"rain"', "03": '"03"' };
  for (const [text, received] of Object.entries(shown)) {
    const label = received.startsWith('"') ? text : Number(text);
    await assertFails(
      [ROW, { ...ROW, label }],
      `row 2: Expected an index from 0 to 2, or the text of a choice, for the label but received ${received}`,
    );
  }
  await assertFails(
    [{ ...ROW, label: { toString: 1 } }],
    "row 1: Expected an index from 0 to 2, or the text of a choice, for the label but received { toString: 1 }",
  );
});

test("missing columns are named, with those there are", async () => {
  await assertFails(
    [{ text: "a", label: 0 }],
    'row 1: Expected a column named "context" or "sent1" but received the columns "text", "label"',
  );
  await assertFails(
    [{ context: "a", label: 0 }],
    'row 1: Expected a column named "choices" but received the columns "context", "label"',
  );
  await assertFails(
    [{ sent1: "a", ending0: "b", ending1: "c", label: 0 }],
    'row 1: Expected a column named "sent2" but received the columns "sent1", "ending0", "ending1", "label"',
  );
  await assertFails(
    [{ sent1: "a", sent2: "b", ending0: "c" }],
    'row 1: Expected a column named "ending1" but received the columns "sent1", "sent2", "ending0"',
  );
  await assertFails(
    [{ context: "a", choices: ["b", "c"] }],
    'row 1: Expected a column named "label" but received the columns "context", "choices"',
  );
  await assertFails(
    [{ ...ROW, label: null }],
    'row 1: Expected a label in column "label" but received an empty one',
  );
});

test("texts and choices that are no strings are refused", async () => {
  await assertFails([{ ...ROW, context: 5 }], 'row 1: Expected a string in column "context" but received 5');
  await assertFails(
    [{ ...ROW, question: 5 }],
    'row 1: Expected a string in column "question" but received 5',
  );
  await assertFails(
    [{ ...ROW, choices: "a|b" }],
    'row 1: Expected an array of strings in column "choices" but received "a|b"',
  );
  await assertFails(
    [{ ...ROW, choices: ["a", 2] }],
    'row 1: Expected an array of strings in column "choices" but received an array of 2 elements',
  );
});
