import "../support/one-thread.js";

import assert from "node:assert/strict";
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type FineTuneOptionsByTask, fineTune, loadModel } from "../../lib/index.js";
import { taggedRows, tinyTagging } from "../support/tagged-rows.js";
import { tasksWith } from "../support/tasks-with.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { failureOf } from "./support.js";

const TINY_TOKENS = "test/golden/data/tiny-bert-tokens";
const directory = temporaryDirectory();
const train = taggedRows(20);

/** A run that fails says so in this one sentence, DIR standing for the tests' directory, and leaves nothing behind. */
async function assertRunFails(
  options: Partial<FineTuneOptionsByTask["token-classification"]>,
  code: string,
  message: string,
): Promise<void> {
  const outputDir = join(directory, "out");
  const error = await failureOf(fineTune({ ...tinyTagging, train, outputDir, ...options }));
  assert.equal(error.message.replaceAll(directory, "DIR"), message, error.stack);
  assert.equal(error.code, code);
  if (existsSync(outputDir)) assert.deepEqual(readdirSync(outputDir), []);
}

function file(name: string, content: string): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

test("unaligned columns of a CoNLL file are named by file and line", () =>
  assertRunFails(
    { train: file("ragged.conll", "the\tO\n\nfilm\tNN\tB-work\n") },
    "ERR_DATA",
    'DIR/ragged.conll, line 3: Expected 2 columns as on line 1 but received 3 in "film\\tNN\\tB-work"',
  ));

test("tags out of the scheme are named by file and line", async () => {
  const odd = file("odd.conll", "the\tO\nfilm\tB-work\n\nactor\tperson\n");
  await assertRunFails(
    { train: odd },
    "ERR_DATA",
    'DIR/odd.conll, line 4: Expected a tag of the scheme BIO, as other tags have it (scheme "plain" takes all tags as they are), but received "person"',
  );
  await assertRunFails(
    { train: file("bioes.conll", "the\tO\nfilm\tS-work\n"), scheme: "BIO" },
    "ERR_DATA",
    'DIR/bioes.conll, line 2: Expected a tag of the scheme BIO but received "S-work"',
  );
});

test("tags of entities in another spelling are not learned as parts of speech", () =>
  assertRunFails(
    { train: file("underscores.conll", "the\tO\nfilm\tB_work\n") },
    "ERR_DATA",
    'training rows: Expected tags of BIO, IOB1 or BIOES, such as B-person and O (scheme "plain" takes all tags as they are), but received "O", "B_work"',
  ));

test("a validation row with a type that training lacks is named", () =>
  assertRunFails(
    { validation: [{ tokens: ["the", "film"], tags: ["O", "B-song"] }] },
    "ERR_DATA",
    'validation, row 1, word 2: Expected one of the tags "B-person", "B-work", "I-person", "I-work", "O" but received "B-song"',
  ));

test("overlapping spans, and spans in one word, are named", async () => {
  const rowOf = (...spans: [number, number][]) => ({
    text: "the film plot",
    entities: spans.map(([start, end]) => ({ start, end, label: "work" })),
  });
  await assertRunFails(
    { train: [rowOf([4, 8]), rowOf([4, 8], [6, 13])] },
    "ERR_DATA",
    'train, row 2: Expected entities that do not overlap but received "film" and "lm plot" (work and work)',
  );
  await assertRunFails(
    { train: [rowOf([4, 6], [6, 8])] },
    "ERR_DATA",
    'train, row 1: Expected each word in at most one entity but received "film" in two',
  );
});

test("rows without any entity, labels that are no tags, an unknown metric and options of other tasks are refused", async () => {
  await assertRunFails(
    { train: [{ tokens: ["the", "film"], tags: ["O", "O"] }] },
    "ERR_DATA",
    "training rows: Expected at least one entity but received none",
  );
  await assertRunFails(
    { labels: ["O", "B-work", "work"] },
    "ERR_OPTION",
    'Expected tags of the scheme BIO for labels but received "work"',
  );
  await assertRunFails(
    { labels: ["B-work", "I-work"] },
    "ERR_DATA",
    'train, row 1, word 1: Expected one of the tags "B-work", "I-work" but received "O"',
  );
  await assertRunFails(
    { metric: "f2" },
    "ERR_OPTION",
    "Expected one of f1, precision, recall, strictF1, strictPrecision, strictRecall, accuracy, macroF1, loss for metric " +
      'but received "f2"',
  );
  await assertRunFails(
    { validation: train, metric: "macroF1" },
    "ERR_OPTION",
    "Expected one of f1, precision, recall, strictF1, strictPrecision, strictRecall, accuracy, loss for metric " +
      'but received "macroF1"',
  );
  const error = await failureOf(
    // @ts-expect-error classification has no scheme
    fineTune({ task: "classification", model: tinyTagging.model, train: [], scheme: "BIO" }),
  );
  assert.equal(
    error.message,
    'Unknown option "scheme" for task "classification": it belongs to "token-classification"',
  );
});

test("words without any token, and a column of second texts, are refused", async () => {
  await assertRunFails(
    { train: [{ tokens: ["\u200b"], tags: ["B-work"] }] },
    "ERR_DATA",
    "training rows: Expected at least one word with a token but received none",
  );
  const pairs = { columns: { textPair: "other" } };
  const tasks = tasksWith("columns.textPair");
  // @ts-expect-error the words of token-classification are of one text
  const { message } = await failureOf(fineTune({ ...tinyTagging, train, ...pairs }));
  assert.equal(
    message,
    `Unknown option "columns.textPair" for task "token-classification": it belongs to ${tasks}`,
  );
});

test("document context of rows that name no document is refused", () =>
  assertRunFails(
    { documentContext: true },
    "ERR_DATA",
    "train, row 1: Expected a -DOCSTART- line before it or a document, for documentContext, but received none",
  ));

test("inputs that are neither a text nor words are refused by their place", async () => {
  await using model = await loadModel(TINY_TOKENS, { task: "token-classification" });
  for (const [bad, shown] of [
    [5, "5"],
    [["the", 5], "an array of 2 elements"],
    [null, "null"],
  ] as const) {
    const error = await failureOf(model.predict(["the film", bad as unknown as string]));
    assert.equal(error.code, "ERR_OPTION");
    assert.equal(error.message, `Expected a string or an array of words for inputs.1 but received ${shown}`);
  }
});

test("a model with an empty label, or whose settings are unknown, is refused", async () => {
  const changed = (name: string, change: (config: Record<string, unknown>) => void) => {
    const copy = join(directory, name);
    cpSync(TINY_TOKENS, copy, { recursive: true });
    const config = JSON.parse(readFileSync(join(copy, "config.json"), "utf8"));
    change(config);
    writeFileSync(join(copy, "config.json"), JSON.stringify(config));
    return loadModel(copy);
  };
  const refused = async (call: Promise<unknown>, message: RegExp) => {
    const error = await failureOf(call);
    assert.equal(error.code, "ERR_CHECKPOINT");
    assert.match(error.message, message);
  };
  const parts = Object.fromEntries(["NOUN", "VERB", "B-X", "", "Z"].entries());
  await refused(
    changed("parts", (config) => Object.assign(config, { id2label: parts })),
    /^Expected tags for id2label in \S+parts\/config\.json but received an empty one$/,
  );
  await refused(
    changed("future", (config) => Object.assign(config, { token_classification: { features: "all" } })),
    /^\S+future\/config\.json: Expected .* for token_classification\.features but received "all"$/,
  );
});
