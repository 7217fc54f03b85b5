import "../support/one-thread.js";

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import {
  type FineTuneEvent,
  type FineTuneOptionsByTask,
  fineTune,
  loadModel,
  type Model,
  type TokenClassificationEvaluation,
} from "../../lib/index.js";
import { entitiesOf } from "../../lib/tasks/token-classification/entity-spans.js";
import { conllOf, rowFrom, type TaggedRow, taggedRows, tinyTagging } from "../support/tagged-rows.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { assertClose } from "../support/tolerance.js";

const directory = temporaryDirectory();
const outputDir = join(directory, "tuned");
const train = taggedRows(120);
const held = taggedRows(40, 1001);

let model: Model<"token-classification">;
before(async () => {
  model = await fineTune({ ...tinyTagging, train, validation: held, epochs: 15, outputDir });
});
after(() => model?.dispose());

function file(name: string, content: string): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

/** One short run, with what the test varies; the model is disposed of afterwards. */
async function run(options: Partial<FineTuneOptionsByTask["token-classification"]> = {}) {
  const events: FineTuneEvent[] = [];
  const onProgress = (event: FineTuneEvent) => events.push(event);
  await using tuned = await fineTune({ ...tinyTagging, train, onProgress, ...options });
  return {
    losses: tuned.history!.steps.map(({ loss }) => loss),
    labels: tuned.labels,
    metrics: tuned.training!.metrics,
    notices: events.filter((event) => event.type === "notice").map(({ message }) => message),
    predictions: await tuned.predict(held.map(({ tokens }) => tokens)),
  };
}

/** The entities that a row should have, as `predict` gives them for its words, scores aside. */
function entitiesIn({ tokens, tags }: TaggedRow) {
  return entitiesOf(tags).map(({ type, start, end }) => {
    const text = tokens.slice(start, end).join(" ");
    const before = tokens.slice(0, start).map((word) => `${word} `);
    const from = before.join("").length;
    return { label: type, start: from, end: from + text.length, text, words: [start, end] };
  });
}

/** Figures, without the rows that were wrong, whose locations say where they were read from. */
function figuresOf({ report, ...figures }: TokenClassificationEvaluation) {
  return { ...figures, types: report.types };
}

test("a model learns which words are entities, and finds them in sentences it has not seen", async () => {
  const metrics = model.training!.metrics!;
  assert.ok(metrics.f1! >= 0.95, `F1 ${metrics.f1}`);
  assert.ok(metrics.strictF1! >= 0.95 && metrics.accuracy >= 0.95);
  assert.deepEqual(model.labels, ["B-person", "B-work", "I-person", "I-work", "O"]);

  const predictions = await model.predict(held.map(({ tokens }) => tokens));
  const right = predictions.filter((entities, index) => {
    const found = entities.map(({ score: _, ...entity }) => entity);
    return JSON.stringify(found) === JSON.stringify(entitiesIn(held[index]!));
  });
  assert.ok(right.length >= 0.9 * held.length, `${right.length} of ${held.length} sentences`);
  for (const { score } of predictions.flat()) assert.ok(score > 0.2 && score <= 1);
});

test("in a text, entities are slices of it, whatever stands between the words", async () => {
  const text = "😀 The  good FILM\nmusic, was quick and the áctor was dull!";
  const [entities] = await model.predict([text]);
  assert.deepEqual(
    entities!.map(({ label, text }) => [label, text]),
    [
      ["work", "FILM\nmusic"],
      ["person", "áctor"],
    ],
  );
  for (const entity of entities!) {
    assert.equal(text.slice(entity.start, entity.end), entity.text);
    assert.deepEqual(Object.keys(entity), ["label", "start", "end", "text", "score"]);
  }
});

test("texts without words, and words without tokens, have no entities", async () => {
  assert.deepEqual(await model.predict(["", " ", [], ["\u200b", ""]]), [[], [], [], []]);
  const [entities] = await model.predict([["\u0000", "the", "", "film", "plot"]]);
  assert.deepEqual(
    entities!.map(({ text, words }) => [text, words]),
    [["film plot", [3, 5]]],
  );
});

test("a text longer than the model's inputs is read in windows to its end", async () => {
  const sentence = "the good film music was quick and the actor was dull . ";
  const [entities] = await model.predict([sentence.repeat(30)]);
  assert.equal(entities!.length, 60);
  const works = entities!.filter(({ label }) => label === "work");
  assert.deepEqual(
    works.map(({ start, text }) => [start, text]),
    Array.from({ length: 30 }, (_, index) => [sentence.length * index + 9, "film music"]),
  );
});

test("evaluate gives what the last evaluation of the training gave, and so does a loaded model", async () => {
  const metrics = model.training!.metrics!;
  assert.deepEqual(figuresOf(await model.evaluate(held)), figuresOf(metrics));
  await using loaded = await loadModel(outputDir, { task: "token-classification", dtype: "float32" });
  assert.deepEqual(figuresOf(await loaded.evaluate(file("held.conll", conllOf(held)))), figuresOf(metrics));
  const texts = held.map(({ tokens }) => tokens.join(" "));
  assert.deepEqual(await loaded.predict(texts), await model.predict(texts));
  assert.deepEqual(loaded.labels, model.labels);
});

test("an evaluation has scores by type, and the worst mistakes with their locations", async () => {
  const rows = [
    rowFrom("the/O film/B-work music/I-work was/O quick/O"),
    rowFrom("the/O dull/O actor/B-person was/O slow/B-work"),
  ];
  const { report, ...figures } = await model.evaluate(rows);
  const [person, work] = report.types;
  assert.deepEqual([person!.label, work!.label], ["person", "work"]);
  assert.deepEqual([person!.support, work!.support], [1, 2]);
  assert.equal(figures.entities, 3);
  assert.equal(figures.words, 10);
  const [worst] = report.worstMistakes;
  assert.equal(worst!.location, "source, row 2");
  assert.equal(worst!.text, "the dull actor was slow");
  assert.deepEqual(worst!.expected, [
    { label: "person", text: "actor" },
    { label: "work", text: "slow" },
  ]);
  assert.ok(worst!.loss > 1);
});

test("micro-batches give the losses of whole batches, though their words are not as many", async () => {
  const whole = await run({ limit: 32 });
  const cut = await run({ limit: 32, microBatchSize: 5 });
  // Float32 sums in another order, through two updates.
  assertClose(cut.losses, whole.losses, { absolute: 1e-5 });
});

test("CoNLL files, tagged words and entities in characters train the same model", async () => {
  const fromRows = await run();
  const fromFile = await run({ train: file("train.conll", conllOf(train)) });
  const fourColumns = conllOf(train, " NN x ");
  const fromFour = await run({ train: file("train.txt", fourColumns) });
  const fromSpans = await run({
    train: train.map((row) => ({
      text: row.tokens.join(" "),
      entities: entitiesIn(row).map(({ label, start, end }) => ({ label, start, end })),
    })),
  });
  for (const other of [fromFile, fromFour, fromSpans]) assert.deepEqual(other, fromRows);
});

test("the scheme is that of the rows or the option, and is kept in the saved model", async () => {
  const bioes = [rowFrom("the/O good/B-work film/E-work was/O"), rowFrom("the/O actor/S-person was/O")];
  assert.deepEqual((await run({ train: bioes })).labels, [
    "B-person",
    "B-work",
    "E-person",
    "E-work",
    "I-person",
    "I-work",
    "O",
    "S-person",
    "S-work",
  ]);

  const iob1 = [rowFrom("the/O film/I-work story/B-work was/O"), rowFrom("actor/I-person was/O")];
  const saved = join(directory, "iob1");
  const { metrics } = await run({ train: iob1, validation: iob1, epochs: 60, outputDir: saved });
  assert.equal(metrics!.strictF1, 1, "in BIO a lone I- is no entity in strict reading");
  const config = JSON.parse(readFileSync(join(saved, "config.json"), "utf8"));
  assert.equal(config.token_classification.scheme, "IOB1");
  await using loaded = await loadModel(saved, { task: "token-classification" });
  assert.equal((await loaded.evaluate(iob1)).strictF1, 1);

  const spans = [{ text: "the film", entities: [{ start: 4, end: 8, label: "work" }] }];
  assert.deepEqual((await run({ train: spans, scheme: "BIOES" })).labels, [
    "B-work",
    "E-work",
    "I-work",
    "O",
    "S-work",
  ]);
});

test("labels give the class order, and leave it to the rows whether B- and I- are BIO or IOB1", async () => {
  const labels = ["O", "B-work", "I-work", "B-person", "I-person"];
  const { labels: used } = await run({ labels });
  assert.deepEqual(used, labels);

  const iob1 = [rowFrom("the/O film/I-work was/O"), rowFrom("actor/I-person was/O")];
  const { metrics } = await run({ train: iob1, validation: iob1, labels, epochs: 60 });
  assert.equal(metrics!.strictF1, 1);
});

test("notices tell of windows, words without tokens, widened entities and misplaced tags", async () => {
  const rows = [
    { tokens: Array(50).fill("film"), tags: Array(50).fill("B-work") },
    { tokens: ["the", "\u200b"], tags: ["O", "I-work"] },
    { text: "an actor", entities: [{ start: 3, end: 6, label: "work" }] },
    { tokens: ["goodgoodgood".repeat(8)], tags: ["O"] },
  ];
  const { notices } = await run({ train: rows, scheme: "BIO" });
  assert.deepEqual(notices, [
    "train: sentences longer than 32 tokens, read in windows: 1",
    "train: words without a token: 1",
    "train: words of more than 30 tokens, cut: 1",
    "train: entities that began or ended within a word, widened: 1",
    "train: tags out of BIO's order: 1, the first train, row 2, word 2: I-work after O",
  ]);
});

test("document context reads a sentence with its neighbours, in evaluation of the saved model as well", async () => {
  // What "it" is, only the sentence before says.
  const rows = Array.from({ length: 40 }, (_, index) => {
    const [first, tag] = index % 2 === 0 ? ["film", "B-work"] : ["actor", "B-person"];
    return [
      { ...rowFrom(`the/O ${first}/O`), document: index },
      { ...rowFrom(`it/${tag} was/O`), document: index },
    ];
  }).flat();
  const saved = join(directory, "context");
  const options = { train: rows, validation: rows, epochs: 25 };
  const alone = await run(options);
  const together = await run({ ...options, documentContext: true, outputDir: saved });
  assert.ok(alone.metrics!.f1! <= 0.51, `alone ${alone.metrics!.f1}`);
  assert.ok(together.metrics!.f1! >= 0.95, `with context ${together.metrics!.f1}`);
  await using loaded = await loadModel(saved, { task: "token-classification", dtype: "float32" });
  assert.deepEqual(figuresOf(await loaded.evaluate(rows)), figuresOf(together.metrics!));
  const text = "the film it was";
  assert.deepEqual(
    (await loaded.predict([text]))[0]!.map(({ label, text }) => [label, text]),
    [["work", "it"]],
  );
});

test("tags without prefixes are learnt as they are; some with and some without are refused", async () => {
  const plain = (rows: typeof held) =>
    rows.map(({ tokens, tags }) => ({ tokens, tags: tags.map((tag) => `${tag.slice(2)}.`) }));
  const rows = plain(held);
  await using parts = await fineTune({ ...tinyTagging, train: rows, validation: rows });
  assert.deepEqual(parts.labels, [".", "person.", "work."]);
  const { accuracy, macroF1, f1, report } = parts.training!.metrics!;
  assert.ok(accuracy > 0 && macroF1! >= 0 && f1 === undefined);
  assert.deepEqual(
    report.types.map(({ label }) => label),
    parts.labels,
  );
  const tokens = rows[0]!.tokens.slice(0, 3);
  const [tagged] = await parts.predict([tokens]);
  assert.deepEqual(
    tagged!.map(({ text, words }) => [text, words]),
    tokens.map((text, word) => [text, [word, word + 1]]),
  );
  const mixed = [...held, { tokens: ["film"], tags: ["work"] }];
  await assert.rejects(fineTune({ ...tinyTagging, train: mixed }), {
    code: "ERR_DATA",
    message: `train, row ${mixed.length}, word 1: Expected a tag of the scheme BIO, as other tags have it (scheme "plain" takes all tags as they are), but received "work"`,
  });
});
