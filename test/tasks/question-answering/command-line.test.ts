import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { questionAnswering } from "../../../lib/tasks/question-answering/spec.js";
import { temporaryFolder } from "../../runtime/fakes.js";

const { flags, inputOf, inputsOf, text, json, files } = questionAnswering.commandLine;

const asked = { question: "was it\tgood ?", context: "it was very good" };
const good = { answer: "very\ngood", start: 7, end: 16, score: 0.75 };
const none = { answer: null, start: null, end: null, score: 0.5 };

test("--question and --context are an input; neither goes with what it does not belong to", () => {
  assert.deepEqual(Object.keys(flags), ["question", "context"]);
  const { question, context } = inputOf(asked);
  assert.deepEqual({ question, context }, asked);
  assert.ok(questionAnswering.inputs.accepts(inputOf(asked)));
  assert.throws(() => inputOf({ question: "a" }), {
    code: "ERR_OPTION",
    option: "context",
    message: "Expected --context beside --question: the text that may answer it",
  });
  assert.throws(() => inputsOf("a.json", { context: "b" }), {
    code: "ERR_OPTION",
    option: "context",
    message: "Expected --context beside --question, not beside --input",
  });
});

test("a line has answer, score and question in columns, or an object with all and the id", async (t) => {
  const path = join(temporaryFolder(t), "questions.jsonl");
  writeFileSync(path, `${JSON.stringify({ id: 7, ...asked })}\n${JSON.stringify(asked)}\n`);
  const questions = [];
  for await (const some of inputsOf(path, {})) questions.push(...some);
  const [first, second] = questions;
  assert.equal(text().line(first!, good, 0), "very good\t0.7500\twas it good ?\n");
  assert.equal(text().line(first!, none, 0), "\t0.5000\twas it good ?\n");
  assert.equal(
    json().line(first!, none, 0),
    '{"id":"7","question":"was it\\tgood ?","answer":null,"start":null,"end":null,"score":0.5}\n',
  );
  assert.equal(JSON.parse(json().line(second!, good, 1)).id, undefined);
});

test("a .json file has the answers by the questions' ids, each its own", () => {
  const question = (id: string | undefined, line: number) => ({
    ...asked,
    id,
    location: `a.jsonl, line ${line}`,
  });
  const { start, line, end } = files![".json"]!();
  const entries = [line(question("a", 1), good, 0), line(question("b", 2), none, 1)];
  assert.deepEqual(JSON.parse([start, ...entries, end].join("")), { a: "very\ngood", b: "" });
  assert.throws(() => line(question("a", 3), good, 2), {
    code: "ERR_DATA",
    message: 'a.jsonl, line 3: Expected an id that no other question has but received "a"',
  });
  assert.throws(() => line(question(undefined, 4), good, 2), {
    message: "a.jsonl, line 4: Expected an id, by which a .json file names the answers, but received none",
  });
  assert.match(files![".json"]!().line(question("a", 1), good, 0), /^\n/); // ids of another file are no matter
});
