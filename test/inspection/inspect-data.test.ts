import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { type Finding, type Inspection, type InspectionEvent, inspectData } from "../../lib/index.js";
import { inspectData as inspectHere } from "../../lib/inspection/inspect-data.js";
import { type InspectionRun, inspectionOptions } from "../../lib/inspection/options.js";
import { parseOptions } from "../../lib/options/parse-options.js";
import { rowsOf, TINY, tinyRun } from "../session/support.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const found = ({ findings }: Inspection, kind: string, source: Finding["in"] = "data") =>
  findings.find((finding) => finding.kind === kind && finding.in === source);

const LONG = "the plot is thin and the acting is worse than the plot in every scene of it";

describe("rows for classification, in a file and beside others", () => {
  let inspection: Inspection;
  const events: InspectionEvent[] = [];
  const folder = temporaryDirectory();
  before(async () => {
    const data = join(folder, "train.csv");
    const against = join(folder, "dev.csv");
    writeFileSync(
      data,
      `text,label\na gripping film,good\nA  gripping FILM,bad\n${LONG},bad\n${LONG.replace("every", "each")},good\n` +
        '"caf\u00c3\u00a9",good\n" ",bad\none,two,three\nno label,\na gripping film,good\n',
    );
    writeFileSync(against, `text,label\na gripping film,bad\n${LONG}!,bad\nnew,odd\n`);
    inspection = await inspectData({
      ...{ task: "classification", data, against, model: TINY, maxSeqLength: 12 },
      onProgress: (event) => events.push(event),
    });
  });

  test("findings come worst first, with how many rows have them", () => {
    assert.deepEqual(
      inspection.findings.map(({ kind, in: source, count }) => [kind, source, count]),
      [
        ["broken-row", "data", 2],
        ["leakage", "against", 1],
        ["conflict", "data", 1],
        ["conflict", "against", 1],
        ["unseen-label", "against", 1],
        ["mojibake", "data", 1],
        ["empty-text", "data", 1],
        ["near-leakage", "against", 1],
        ["near-conflict", "data", 1],
        ["duplicate", "data", 2],
        ["long-text", "data", 2],
        ["long-text", "against", 1],
      ],
    );
    assert.equal(found(inspection, "unseen-label", "against")!.share, 1 / 3);
  });

  test("examples name the file's line, and the line that they are compared with", () => {
    const [conflict] = found(inspection, "conflict")!.examples;
    assert.match(conflict!.location, /train\.csv, line 3$/);
    assert.match(conflict!.other!.location, /train\.csv, line 2$/);
    assert.equal(conflict!.detail, '"bad" here, "good" there');
    assert.equal(conflict!.text, "A  gripping FILM");
    const [leak] = found(inspection, "near-leakage", "against")!.examples;
    assert.match(leak!.location, /dev\.csv, line 3$/);
    assert.match(leak!.other!.location, /train\.csv, line 4$/);
    assert.equal(leak!.detail, "similarity 1.00");
    const broken = found(inspection, "broken-row")!.examples.map(({ detail }) => detail);
    assert.match(broken[0]!, /^Expected 2 columns \("text", "label"\) but received 3$/);
    assert.match(broken[1]!, /^Expected a label in column "label" but received an empty one$/);
  });

  test("columns, labels and lengths are of all rows that can be read", () => {
    const { data, against } = inspection;
    assert.equal(data.rows, 7);
    assert.deepEqual(data.columns, [
      {
        name: "text",
        kinds: { text: 7 },
        empty: 1,
        distinct: 6,
        examples: ['"a gripping film"', '"A  gripping FILM"', `"${LONG}"`],
      },
      { name: "label", kinds: { text: 7 }, empty: 1, distinct: 2, examples: ['"good"', '"bad"'] },
    ]);
    assert.deepEqual(data.labels!.counts, [
      { label: "good", count: 4, share: 4 / 7 },
      { label: "bad", count: 3, share: 3 / 7 },
    ]);
    assert.equal(data.characters.most, LONG.length);
    assert.equal(data.tokens!.maxSeqLength, 12);
    assert.equal(data.tokens!.over, 2);
    assert.ok(data.tokens!.p99 > 12);
    assert.equal(against!.rows, 3);
  });

  test("it is told how far it is, and the whole is plain data", () => {
    assert.deepEqual(
      events.filter(({ type }) => type === "inspected"),
      [
        { type: "inspected", of: "data", rows: 7 },
        { type: "inspected", of: "against", rows: 3 },
      ],
    );
    assert.deepEqual(JSON.parse(JSON.stringify(inspection)), inspection);
  });
});

/** Looks at rows in this thread: one of its own for each would take longer than the looking. */
function looked(options: {
  task: string;
  data: string | Record<string, unknown>[];
  scheme?: string;
}): Promise<Inspection> {
  const settings = parseOptions(inspectionOptions, options) as object as InspectionRun;
  return inspectHere(settings, { emit: () => {} });
}

test("every task's rows are read by its own reader, and what does not fit in them is found", async () => {
  const tags = await looked({
    task: "token-classification",
    data: [
      { tokens: ["Ada", "Lovelace", "wrote"], tags: ["B-per", "I-per", "O"] },
      { tokens: ["in", "London", "town"], tags: ["O", "I-loc", "X-loc"] },
      { text: "Newton slept", entities: [{ start: 0, end: 4, label: "per" }] },
      { text: "Newton slept", entities: [{ start: 0, end: 7, label: "per" }] },
      { text: "Newton", entities: [{ start: 0, end: 6, label: "per", text: "Isaac" }] },
    ],
    scheme: "BIO",
  });
  assert.deepEqual(tags.data.labels!.what, "entities");
  assert.deepEqual(
    tags.findings.map(({ kind, count }) => [kind, count]),
    [
      ["broken-row", 1],
      ["conflict", 1],
      ["misplaced-tag", 1],
      ["foreign-tag", 1],
      ["entity-inside-word", 1],
      ["entity-with-space", 1],
      ["duplicate", 1],
    ].sort(byPlace(tags)),
  );
  assert.equal(found(tags, "misplaced-tag")!.examples[0]!.detail, "data, row 2, word 2: I-loc after O");

  const questions = await looked({
    task: "question-answering",
    data: [
      { question: "who?", context: "Ada wrote it", answers: [{ text: "Ada", answerStart: 0 }] },
      { question: "who?", context: "Ada read it", answers: [{ text: "Ada", answerStart: 3 }] },
      { question: "who?", context: "Bea read it", answers: [{ text: "Ada", answerStart: 0 }] },
      { question: "what?", context: "Adam read it", answers: [{ text: "Ada", answerStart: 0 }] },
      { question: "when?", context: "Bea read it", answers: [] },
    ],
  });
  assert.deepEqual(questions.findings.map(({ kind }) => kind).sort(), [
    "answer-inside-word",
    "lost-answer",
    "moved-answer",
  ]);
  assert.deepEqual(
    questions.data.labels!.counts.map(({ label, count }) => [label, count]),
    [
      ["with an answer", 4],
      ["without an answer", 1],
    ],
  );

  const rankings = await looked({
    task: "reranking",
    data: [
      { query: "a", documents: ["b", "c"], labels: [1, 0] },
      { query: "a", documents: ["b", "c"], labels: [0, 1] },
      { query: "a", documents: ["b"], labels: [1, 0] },
    ],
  });
  assert.deepEqual(
    rankings.findings.map(({ kind }) => kind),
    ["broken-row", "conflict", "duplicate"],
  );
  assert.equal(rankings.data.scores!.mean, 0.5);

  const pair = [
    { anchor: "a", positive: "b" },
    { anchor: "a", positive: "B" },
    { anchor: "", positive: "c" },
  ];
  const vectors = await looked({ task: "embedding", data: pair });
  assert.deepEqual(
    vectors.findings.map(({ kind }) => kind),
    ["broken-row", "duplicate"],
  );

  const choice = (label: unknown) => ({ context: "a", choices: ["b", "c"], label });
  const choices = await looked({ task: "multiple-choice", data: [choice(0), choice("c"), choice(2)] });
  assert.deepEqual(
    choices.findings.map(({ kind }) => kind),
    ["broken-row", "conflict", "duplicate"],
  );

  const several = await looked({
    task: "multi-label",
    data: [
      { text: "a", labels: ["x", "y"] },
      { text: "a", labels: ["y", "x"] },
      { text: "b", labels: [] },
    ],
  });
  assert.deepEqual(
    several.findings.map(({ kind }) => kind),
    ["duplicate"],
  );
  assert.equal(several.data.labels!.total, 4);

  const scores = await looked({
    task: "regression",
    data: [
      { text: "a", score: 1 },
      { text: "b", score: "x" },
    ],
  });
  assert.deepEqual(
    scores.findings.map(({ kind }) => kind),
    ["broken-row"],
  );
  assert.deepEqual(scores.data.scores, { count: 1, mean: 1, deviation: 0, least: 1, most: 1 });

  const texts = await looked({ task: "masked-words", data: [{ text: "a b" }, { text: "A b" }] });
  assert.deepEqual(
    texts.findings.map(({ kind }) => kind),
    ["duplicate"],
  );
  assert.equal(texts.data.labels, null);
});

/** Kinds of one place among the worst come in the order in which they were found. */
function byPlace({ findings }: Inspection) {
  const placeOf = ([kind]: (string | number)[]) => findings.findIndex((finding) => finding.kind === kind);
  return (a: (string | number)[], b: (string | number)[]) => placeOf(a) - placeOf(b);
}

test("labels that look wrong to models trained on other rows are found, the surest first", async () => {
  const wrong = [11, 30, 47, 62];
  const data = rowsOf(90).map(({ text, label }, row) => ({
    text,
    label: wrong.includes(row) ? (label === "positive" ? "negative" : "positive") : label,
  }));
  const folds: number[] = [];
  const { labelErrors, findings } = await inspectData({
    ...{ ...tinyRun, data, epochs: 10, findLabelErrors: true, folds: 3 },
    onProgress: (event) => event.type === "fold" && folds.push(event.fold),
  });
  assert.deepEqual(folds, [1, 2, 3]);
  assert.ok(labelErrors?.of === "labels");
  const { labels, suspects, confidentJoint, thresholds } = labelErrors;
  assert.deepEqual(labels, ["negative", "positive"]);
  assert.ok(thresholds.every((threshold) => threshold > 0.5));
  assert.equal(suspects.length, confidentJoint[0]![1]! + confidentJoint[1]![0]!);
  const found = suspects.map(({ location }) => Number(/\d+$/.exec(location)![0]) - 1);
  for (const row of wrong) assert.ok(found.slice(0, 6).includes(row), `row ${row} is not among ${found}`);
  assert.ok(suspects.every(({ label, suggested }) => label !== suggested));
  for (const [index, { margin }] of suspects.entries())
    assert.ok(index === 0 || suspects[index - 1]!.margin <= margin);
  const finding = findings.find(({ kind }) => kind === "wrong-label")!;
  assert.equal(finding.count, suspects.length);
  assert.match(
    finding.examples[0]!.detail,
    /^labelled "\w+" \(probability 0\.\d{3}\), rather "\w+" \(0\.\d{3}\)$/,
  );
});

test("options that mean nothing together are refused by name, and an abort ends it with its reason", async () => {
  const data = [{ text: "a", label: "b" }];
  const task = "classification";
  for (const [option, value] of Object.entries({ folds: 3, epochs: 2, batchSize: 4, learningRate: 1e-4 }))
    await assert.rejects(inspectData({ task, data, [option]: value }), {
      message: `Expected no value without findLabelErrors, which trains models, for ${option} but received ${value}`,
    });
  await inspectData({ task, data, folds: 5, learningRate: 5e-5 }); // the defaults
  await assert.rejects(inspectData({ task, data, maxSeqLength: 9 }), {
    code: "ERR_OPTION",
    option: "maxSeqLength",
  });
  await assert.rejects(inspectData({ task, data, revision: "v1" }), {
    code: "ERR_OPTION",
    option: "revision",
  });
  await assert.rejects(inspectData({ task, data, findLabelErrors: true }), {
    code: "ERR_OPTION",
    option: "model",
  });
  await assert.rejects(inspectData({ task: "masked-words", data, model: TINY, findLabelErrors: true }), {
    ...{ code: "ERR_OPTION", option: "findLabelErrors" },
  });
  await assert.rejects(inspectData({ task, data: "-", against: "-" }), {
    code: "ERR_OPTION",
    option: "against",
  });
  await assert.rejects(inspectData({ task, data: [{ txt: "a", tag: "b", more: 1 }] }), { code: "ERR_DATA" });
  const controller = new AbortController();
  async function* endless() {
    for (let row = 0; ; row++) yield { text: `a text with the number ${row}`, label: "a" };
  }
  const looked = inspectData({
    task,
    data: endless(),
    signal: controller.signal,
    onProgress: () => controller.abort(new Error("enough")),
  });
  await assert.rejects(looked, /enough/);
});

test("of a file whose rows are all broken it is found what is wrong with them", async () => {
  const folder = temporaryDirectory();
  const inspectionOf = (task: string, name: string, content: string) => {
    const data = join(folder, name);
    writeFileSync(data, content);
    return looked({ task, data });
  };
  for (const { data, findings } of [
    await inspectionOf("classification", "array.jsonl", '[{"text": "a", "label": "b"}]\n'),
    await inspectionOf("token-classification", "export.jsonl", '{"data": {"text": "Anna"}}\n'),
  ])
    assert.deepEqual([data.rows, findings.map(({ kind, count }) => [kind, count])], [0, [["broken-row", 1]]]);
  await assert.rejects(inspectionOf("classification", "header.csv", "text,label\n"), {
    message: /: Expected at least one row but received none$/,
  });
});
