import "../support/one-thread.js";

import assert from "node:assert/strict";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadModel, type Model } from "../../lib/index.js";
import { goldenJson, goldenPath } from "../support/golden.js";
import { inPython } from "../support/python.js";
import { withoutSentenceTransformers } from "../support/sentence-transformers.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { assertClose } from "../support/tolerance.js";
import { failureOf, TINY } from "./support.js";

interface Case {
  /** Fields of config.json, and further files. */
  config: object;
  files: Record<string, object>;
  scores: number[];
  /** With at most 12 tokens of a pair. */
  short: number[];
  ranks: { corpus_id: number; score: number }[];
}
const golden = goldenJson<{ query: string; documents: string[]; cases: Record<string, Case> }>(
  "cross-encoder/cases.json",
);
const { query, documents } = golden;
const pairs = documents.map((document) => [query, document] as const);

/** The golden cross-encoder with the files of one version. */
function folderOf(config: object, files: Record<string, object> = {}): string {
  const folder = temporaryDirectory();
  cpSync(goldenPath("cross-encoder"), folder, { recursive: true });
  const stored = JSON.parse(readFileSync(join(folder, "config.json"), "utf8"));
  writeFileSync(join(folder, "config.json"), JSON.stringify({ ...stored, ...config }));
  for (const [name, json] of Object.entries(files)) writeFileSync(join(folder, name), JSON.stringify(json));
  return folder;
}

const load = (folder: string) => loadModel(folder, { task: "regression", dtype: "float32" });
const scoresOf = (scored: readonly { score: number }[]) => scored.map(({ score }) => score);

test("a folder that says that it is a cross-encoder is for reranking, one that is silent for regression", async () => {
  for (const [name, { config, files }] of Object.entries(golden.cases)) {
    await using model = await loadModel(folderOf(config, files));
    assert.equal(model.task, name === "silent" ? "regression" : "reranking", name);
  }
});

for (const [name, { config, files, scores, short, ranks }] of Object.entries(golden.cases)) {
  test(`${name}: scores and ranks are those of sentence-transformers`, async () => {
    await using model = await load(folderOf(config, files));
    assertClose(scoresOf(await model.score(pairs)), scores, { absolute: 1e-5 });
    const cut = await model.score(pairs, { maxLength: 12 });
    assertClose(scoresOf(cut), short, { absolute: 1e-5 });
    assert.ok(cut.some(({ truncated }) => truncated) && cut.some(({ truncated }) => !truncated));
    const ranked = await model.rank(query, documents, { topK: 3 });
    assert.deepEqual(
      ranked.map(({ index }) => index),
      ranks.map(({ corpus_id }) => corpus_id),
    );
    assertClose(scoresOf(ranked), scoresOf(ranks), { absolute: 1e-5 });
  });
}

test("all documents are ranked, with their texts where that is asked for, and equal ones in their own order", async () => {
  await using model = await load(goldenPath("cross-encoder"));
  const twice = [...documents, ...documents];
  const ranked = await model.rank(query, twice, { returnDocuments: true });
  assert.equal(ranked.length, twice.length);
  for (const { index, document } of ranked) assert.equal(document, twice[index]);
  const places = ranked.map(({ index }) => index);
  for (let place = 0; place < places.length; place += 2)
    assert.equal(places[place + 1], places[place]! + documents.length);
  assert.deepEqual(await model.rank(query, []), []);
  assert.ok((await model.rank(query, documents)).every((one) => !("document" in one)));
});

test("predict() gives outputs as they are, and activation takes the place of what the files name", async () => {
  const { config, scores } = golden.cases["version-4"]!;
  await using model = await load(folderOf(config));
  assertClose(scoresOf(await model.predict(pairs)), scores, { absolute: 1e-5 });
  const probabilities = scoresOf(await model.score(pairs, { activation: "sigmoid" }));
  assertClose(probabilities, golden.cases.silent!.scores, { absolute: 1e-5 });
  await using silent = await load(goldenPath("cross-encoder"));
  assertClose(scoresOf(await silent.score(pairs, { activation: "identity" })), scores, { absolute: 1e-5 });
});

test("a prompt stands before the query, the model's own by its name", async () => {
  const { files, scores } = golden.cases.prompted!;
  await using model = await load(folderOf({}, files));
  assertClose(scoresOf(await model.score(pairs, { promptName: "ask" })), scores, { absolute: 1e-5 });
  const plain = scoresOf(await model.score(pairs, { prompt: "" }));
  assertClose(plain, golden.cases.silent!.scores, { absolute: 1e-5 });
  const failure = await failureOf(model.score(pairs, { promptName: "query" }));
  assert.equal(
    failure.message,
    'Expected one of the model\'s prompts, "ask", for promptName but received "query"',
  );
});

test("what a cross-encoder's files ask for is obeyed, or refused by name when scores are asked for", async () => {
  const { files: whole } = golden.cases.prompted!;
  const isCrossEncoder = { ...whole, "config_sentence_transformers.json": { model_type: "CrossEncoder" } };
  const short = { "sentence_bert_config.json": { max_seq_length: 12 } };
  await using obeyed = await load(folderOf({}, { ...isCrossEncoder, ...short }));
  assertClose(scoresOf(await obeyed.score(pairs)), golden.cases.silent!.short, { absolute: 1e-5 });

  const modules = [
    { path: "", type: "sentence_transformers.base.modules.transformer.Transformer" },
    { path: "1_Dense", type: "sentence_transformers.base.modules.dense.Dense" },
  ];
  const refusals: [object, Record<string, object>, RegExp][] = [
    [
      { sentence_transformers: { activation_fn: "torch.nn.modules.activation.Tanh" } },
      {},
      /Expected Sigmoid or Identity of torch\.nn .* but received "torch\.nn\.modules\.activation\.Tanh"; the option/,
    ],
    [
      {},
      { "modules.json": modules },
      /asks for the module sentence_transformers\.base\.modules\.dense\.Dense, which score\(\)/,
    ],
    [
      {},
      { "sentence_bert_config.json": { transformer_task: "text-generation" } },
      /transformer_task "text-generation"/,
    ],
  ];
  for (const [config, files, message] of refusals) {
    await using model = await load(folderOf(config, { ...isCrossEncoder, ...files }));
    assert.equal((await model.predict(pairs)).length, pairs.length);
    const failure = await failureOf(model.score(pairs));
    assert.equal(failure.code, "ERR_CHECKPOINT");
    assert.match(failure.message, message);
  }
});

test("without modules.json, a tokenizer with a template for chats is refused, as sentence-transformers puts pairs into it", async () => {
  const template = "{{ messages }}";
  const tokenizer = JSON.parse(
    readFileSync(join(goldenPath("cross-encoder"), "tokenizer_config.json"), "utf8"),
  );
  const ofTokenizer = { "tokenizer_config.json": { ...tokenizer, chat_template: template } };
  for (const files of [ofTokenizer, { "chat_template.jinja": {} }] as Record<string, object>[]) {
    await using model = await load(folderOf({}, files));
    const failure = await failureOf(model.score(pairs));
    assert.equal(failure.code, "ERR_CHECKPOINT");
    assert.match(
      failure.message,
      /asks for texts as messages of a chat \(the tokenizer's chat_template\), which score\(\)/,
    );
  }
  const { files } = golden.cases.prompted!;
  await using modular = await load(folderOf({}, { ...files, ...ofTokenizer }));
  assert.equal((await modular.score(pairs)).length, pairs.length);
});

test("other models, lengths and inputs are refused in one sentence", async () => {
  await using model = await load(goldenPath("cross-encoder"));
  await using classifier = await loadModel(TINY, { task: "classification" });
  const other = classifier as unknown as Model<"regression">;
  for (const [call, message] of [
    [
      () => other.rank(query, documents),
      'Expected reranking or regression, whose one output is a score, for the task of the model of rank() but received "classification"',
    ],
    [
      () => model.score(pairs, { maxLength: 65 }),
      "Expected at most 64 tokens, for which the model has positions, for maxLength but received 65",
    ],
    [() => model.score(["a text"] as never), 'Expected a pair of strings for pairs.0 but received "a text"'],
    [
      () => model.rank(query, "a text" as never),
      'Expected an array of documents for documents but received "a text"',
    ],
    [() => model.rank(3 as never, []), "Expected a string for query but received 3"],
    [() => model.rank(query, [], { topK: 0 }), "Expected a value above 0 for topK but received 0"],
  ] as const)
    assert.equal((await failureOf(Promise.resolve().then<unknown>(call))).message, message);
});

const IN_PYTHON = `
import json, sys
from sentence_transformers import CrossEncoder
pairs = json.loads(sys.stdin.readline())
for folder in sys.argv[1:]:
    print(json.dumps(CrossEncoder(folder, device="cpu").predict(pairs).tolist()))
`;

test("sentence-transformers gives the scores of what is saved, of every version's files", {
  skip: withoutSentenceTransformers,
}, async () => {
  const folders: string[] = [];
  const ours: number[][] = [];
  for (const { config, files } of Object.values(golden.cases)) {
    await using model = await load(folderOf(config, files));
    folders.push(join(temporaryDirectory(), "saved"));
    await model.save(folders.at(-1)!);
    ours.push(scoresOf(await model.score(pairs)));
  }
  const theirs = await inPython<number[]>(IN_PYTHON, folders, pairs);
  for (const [index, scores] of theirs.entries())
    assertClose(ours[index]!, scores, { absolute: 1e-5 }, folders[index]);
});
