import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { RowSource } from "../../../lib/options/row-options.js";
import {
  type QuestionExample,
  type QuestionRowOptions,
  readQuestions,
} from "../../../lib/tasks/question-answering/rows.js";

const directory = mkdtempSync(join(tmpdir(), "libbert-questions-"));
after(() => rmSync(directory, { recursive: true, force: true }));

/** The path of a file with this content. */
function file(name: string, content: unknown): string {
  const path = join(directory, name);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

async function questionsOf(source: RowSource, options?: QuestionRowOptions): Promise<QuestionExample[]> {
  const questions: QuestionExample[] = [];
  for await (const some of readQuestions(source, options)) questions.push(...some);
  return questions;
}

const CONTEXT = "The lake lies north of the town. The old mill stands by the lake.";
const question = "What lies north of the town?";

/** The answers of one row with these fields. */
async function answersOf(fields: Record<string, unknown>, context = CONTEXT) {
  return (await questionsOf([{ question, context, ...fields }]))[0]!.answers;
}

/** A file in SQuAD's form with one paragraph. */
function squad(qas: unknown, context: unknown = CONTEXT) {
  return { version: "v2.0", data: [{ title: "Lakes", paragraphs: [{ context, qas }] }] };
}

test("a SQuAD file gives its questions in order, with ids, contexts, answers and locations", async () => {
  const article = (name: string, ids: string[]) => ({
    title: name,
    paragraphs: ids.map((id) => ({
      context: CONTEXT,
      qas: [{ id, question: `${question} ${id}`, answers: [{ text: "lake", answer_start: 4 }] }],
    })),
  });
  const path = file("train.json", { data: [article("a", ["q1"]), article("b", ["q2", "q3"])] });
  const questions = await questionsOf(path);
  const answers = [{ text: "lake", start: 4, moved: false }];
  assert.deepEqual(
    questions,
    [
      ["q1", "data[0].paragraphs[0].qas[0]"],
      ["q2", "data[1].paragraphs[0].qas[0]"],
      ["q3", "data[1].paragraphs[1].qas[0]"],
    ].map(([id, location]) => ({
      id,
      question: `${question} ${id}`,
      context: CONTEXT,
      answers,
      location: `${path}, ${location}`,
    })),
  );
  assert.equal((await questionsOf(path, { limit: 2 })).length, 2);
});

test("a SQuAD file of many questions comes in several arrays, and what lies behind the limit is not looked at", async () => {
  const qas: unknown[] = Array.from({ length: 1500 }, (_, id) => ({ id, question, answers: [] }));
  const path = file("many.json", squad(qas));
  const sizes: number[] = [];
  for await (const some of readQuestions(path)) sizes.push(some.length);
  assert.ok(sizes.length > 1 && sizes.reduce((sum, size) => sum + size) === 1500, String(sizes));
  assert.equal((await questionsOf(path)).at(-1)!.id, "1499");

  const broken = file("broken-behind.json", squad([...qas.slice(0, 3), "no question"]));
  assert.equal((await questionsOf(broken, { limit: 3 })).length, 3);
  await assert.rejects(questionsOf(broken), { message: /qas\[3\]: Expected an object/ });
});

test("JSON lines and objects in memory take answerStart, answer_start or transformers' columns", async () => {
  const lake = [{ text: "lake", start: 4, moved: false }];
  assert.deepEqual(await answersOf({ answers: [{ text: "lake", answerStart: 4 }] }), lake);
  assert.deepEqual(await answersOf({ answers: [{ text: "lake", answer_start: 4 }] }), lake);
  assert.deepEqual(await answersOf({ answers: { text: ["lake"], answer_start: [4] } }), lake);

  const row = { id: 7, question, context: CONTEXT, answers: [{ text: "lake", answer_start: 4 }] };
  const path = file("rows.jsonl", `${JSON.stringify(row)}\n`);
  assert.deepEqual(await questionsOf(path), [
    { id: "7", question, context: CONTEXT, answers: lake, location: `${path}, line 1` },
  ]);
});

test("answer_start counts code points, answerStart UTF-16 units", async () => {
  const context = "🌊🌊 The lake, 湖 and 🏔 the mountain";
  const text = "the mountain";
  const start = context.indexOf(text);
  const codePoints = [...context.slice(0, start)].length;
  assert.equal(start - codePoints, 3);
  const found = [{ text, start, moved: false }];
  assert.deepEqual(await answersOf({ answers: [{ text, answer_start: codePoints }] }, context), found);
  assert.deepEqual(
    await answersOf({ answers: { text: [text], answer_start: [codePoints] } }, context),
    found,
  );
  assert.deepEqual(await answersOf({ answers: [{ text, answerStart: start }] }, context), found);
});

test("no answers, or none with a text, mean that the context does not answer", async () => {
  assert.deepEqual(await answersOf({ answers: [] }), []);
  assert.deepEqual(await answersOf({ answers: { text: [], answer_start: [] } }), []);
  assert.deepEqual(await answersOf({ answers: [], is_impossible: false }), []);
  assert.deepEqual(await answersOf({ answers: undefined, is_impossible: true }), []);
  assert.deepEqual(await answersOf({ answers: [], is_impossible: null }), []);
  for (const impossible of [undefined, true, false]) {
    const empty = [{ text: "", answer_start: 0 }, { text: " ", answer_start: -1 }, { text: "" }];
    assert.deepEqual(await answersOf({ answers: empty, is_impossible: impossible }), []);
    const columns = { text: ["", ""], answer_start: [0, -1] };
    assert.deepEqual(await answersOf({ answers: columns, is_impossible: impossible }), []);
  }
  const beside = [{ text: "" }, { text: "lake", answer_start: CONTEXT.indexOf("lake") }];
  assert.deepEqual(
    (await answersOf({ answers: beside })).map(({ text }) => text),
    ["lake"],
  );
  const plausible = [{ text: "lake", answer_start: CONTEXT.indexOf("lake") }];
  assert.deepEqual(await answersOf({ answers: [], is_impossible: true, plausible_answers: plausible }), []);
});

test("a start that is wrong is moved to the nearest location that has the text", async () => {
  const starts = [CONTEXT.indexOf("lake"), CONTEXT.lastIndexOf("lake")];
  for (const [claimed, start] of [
    [starts[0]! - 1, starts[0]],
    [starts[0]! + 1, starts[0]],
    [starts[0]! + 2, starts[0]],
    [starts[1]! - 2, starts[1]],
    [starts[1]! + 2, starts[1]],
    [5000, starts[1]],
    [starts[0], starts[0]],
  ]) {
    const answers = await answersOf({ answers: [{ text: "lake", answerStart: claimed }] });
    assert.deepEqual(answers, [{ text: "lake", start, moved: claimed !== start }], `from ${claimed}`);
  }
  assert.deepEqual(await answersOf({ answers: [{ text: "lake", answer_start: 9999 }] }, "the 🌊 lake"), [
    { text: "lake", start: 7, moved: true },
  ]);
});

test("a text that the context does not have has no location", async () => {
  const answers = [
    { text: "Lake", answer_start: 4 },
    { text: "mill", answer_start: 41 },
  ];
  assert.deepEqual(await answersOf({ answers }), [
    { text: "Lake", start: null, moved: false },
    { text: "mill", start: CONTEXT.indexOf("mill"), moved: false },
  ]);
});

test("where answers are not read, a row may lack them, and have broken ones", async () => {
  for (const answers of [undefined, null, "lake", [5]]) {
    const row = { question, context: CONTEXT, answers, is_impossible: "?" };
    const [example] = await questionsOf([row], { hasAnswers: false });
    assert.deepEqual(example, { question, context: CONTEXT, answers: [], location: "row 1" });
  }
});

test("another structure of a SQuAD file is one error with the file and the path within it", async () => {
  const form = 'SQuAD\'s form {"data": [...]} (rows, one a line, are a .jsonl file)';
  const cases: [name: string, content: unknown, error: string][] = [
    ["list.json", [], `: Expected ${form} but received an array of 0 elements`],
    [
      "rows.json",
      { question: "Who?", answers: [] },
      `: Expected ${form} but received the fields "question", "answers"`,
    ],
    ["text.json", '"text"', `: Expected ${form} but received "text"`],
    ["null.json", "null", `: Expected ${form} but received null`],
    ["data.json", { data: {} }, ", data: Expected an array but received {}"],
    ["article.json", { data: [{}] }, ", data[0].paragraphs: Expected an array but received undefined"],
    ["number.json", { data: [5] }, ", data[0]: Expected an object but received 5"],
    [
      "paragraph.json",
      { data: [{ paragraphs: ["text"] }] },
      ', data[0].paragraphs[0]: Expected an object but received "text"',
    ],
    ["qas.json", squad({}), ", data[0].paragraphs[0].qas: Expected an array but received {}"],
    [
      "context.json",
      squad([{ question, answers: [] }], null),
      ", data[0].paragraphs[0].qas[0]: Expected a string for context but received null",
    ],
    [
      "question.json",
      squad([{ answers: [] }]),
      ', data[0].paragraphs[0].qas[0]: Expected a field named "question" but received the fields "answers", "context"',
    ],
    ["empty.json", { data: [] }, ": Expected at least one question but received none"],
    [
      "broken.json",
      '{"data": [',
      ": Expected JSON in UTF-8 but received something else (Unexpected end of JSON input)",
    ],
  ];
  for (const [name, content, error] of cases) {
    const path = file(name, content);
    await assert.rejects(questionsOf(path), { code: "ERR_DATA", message: path + error }, name);
  }
  await assert.rejects(questionsOf(join(directory, "missing.json")), {
    code: "ERR_DATA",
    message: /missing\.json: Expected a readable file but received ENOENT/,
  });
});

test("another structure of a row's fields is one error with its location", async () => {
  const cases: [fields: Record<string, unknown>, error: string][] = [
    [{ question: 5 }, "a string for question but received 5"],
    [{ id: {} }, "a string or a number for id but received {}"],
    [
      { id: 2 ** 60 },
      "a text, or an integer up to 2^53, for id but received a larger one, about 1152921504606847000",
    ],
    [
      { answers: undefined },
      "answers as [{text, answer_start}, ...] or {text: [...], answer_start: [...]} but received undefined",
    ],
    [
      { answers: "lake" },
      'answers as [{text, answer_start}, ...] or {text: [...], answer_start: [...]} but received "lake"',
    ],
    [{ answers: ["lake"] }, 'an object for answers[0] but received "lake"'],
    [{ answers: [{ text: "lake" }] }, "an integer from 0 for answers[0].answer_start but received undefined"],
    [
      { answers: [{ text: "lake", answerStart: -1 }] },
      "an integer from 0 for answers[0].answerStart but received -1",
    ],
    [
      {
        answers: [
          { text: "lake", answer_start: 4 },
          { text: "lake", answer_start: "4" },
        ],
      },
      'an integer from 0 for answers[1].answer_start but received "4"',
    ],
    [
      { answers: [{ text: "lake", answer_start: 4 }], is_impossible: true },
      'no answer where is_impossible is true but received "lake"',
    ],
    [{ answers: { text: ["lake", 5], answer_start: [4, 4] } }, "a text for answers.text[1] but received 5"],
    [
      { answers: { text: ["lake"], answer_start: [] } },
      "as many answer_start as text in answers (1) but received 0",
    ],
    [{ answers: [], is_impossible: "no" }, 'true or false for is_impossible but received "no"'],
  ];
  for (const [fields, error] of cases) {
    const row = { question, context: CONTEXT, ...fields };
    await assert.rejects(questionsOf([row], { name: "train" }), {
      code: "ERR_DATA",
      message: `train, row 1: Expected ${error}`,
    });
  }
  await assert.rejects(questionsOf([{ question, context: CONTEXT }]), {
    message: 'row 1: Expected a field named "answers" but received the fields "question", "context"',
  });
});
