import "../support/one-thread.js";

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { loadModel, type Ranker, type RetrievalFigure } from "../../lib/index.js";
import { evaluateRetrieval } from "../../lib/session/evaluate-retrieval.js";
import { warningsTo } from "../../lib/warn.js";
import { golden, SAME } from "../metrics/vector-golden.js";
import { givenVectors } from "../retrieval/given-vectors.js";
import { CLS, POOLING, sentenceModel, TRANSFORMER } from "../support/sentence-model.js";
import { assertClose } from "../support/tolerance.js";
import { failureOf, rowsOf, TINY } from "./support.js";

const { relevant, cases } = golden.retrieval;
const named = (letter: string) =>
  Object.fromEntries(
    Object.keys(golden.vectors)
      .filter((text) => text.startsWith(letter))
      .map((text) => [text, text]),
  );
const data = { queries: named("q"), corpus: named("d"), relevant };
const compared = givenVectors(golden.vectors);
after(() => compared.close());

for (const { similarity, figures } of cases) {
  test(`retrieval by ${similarity} has the figures of InformationRetrievalEvaluator`, async () => {
    const own = await evaluateRetrieval(compared, data, {
      ...{ similarity, mrrAt: [3, 10], ndcgAt: [3, 10], mapAt: [5, 100] },
    });
    const answered = Object.values(relevant).filter((wanted) => wanted.length > 0).length;
    assert.deepEqual(
      [own.queries, own.documents, own.truncated],
      [answered, Object.keys(data.corpus).length, 0],
    );
    for (const [name, value] of Object.entries(figures)) {
      const ours = name.replace(`${similarity}_`, "").replace("@", "At") as RetrievalFigure;
      assertClose([own[ours]!], [value], SAME, name);
    }
  });
}

test("a model finds texts by themselves; texts that were cut are counted, and sets are lists", async () => {
  await using model = await loadModel(TINY, { dtype: "float32" });
  const texts = rowsOf(12).map(({ text }, number) => [`${number}`, text]);
  const corpus = { ...Object.fromEntries(texts), long: "the film was ".repeat(60) };
  const evaluation = await model.evaluateRetrieval(
    {
      queries: Object.fromEntries(texts),
      corpus,
      relevant: Object.fromEntries(texts.map(([id]) => [id, new Set([id!])])),
    },
    { accuracyAt: [1], precisionAt: [], recallAt: [2], mrrAt: [], ndcgAt: [], mapAt: [] },
  );
  assert.deepEqual(evaluation, { queries: 12, documents: 13, truncated: 1, accuracyAt1: 1, recallAt2: 1 });
});

test("dispose waits for an evaluation that is under way", async () => {
  const model = await loadModel(TINY, { dtype: "float32" });
  const evaluation = model.evaluateRetrieval({
    ...{ queries: { q: "the film" }, corpus: { d: "the plot" }, relevant: { q: ["d"] } },
  });
  await model.dispose();
  assert.equal((await evaluation).mrrAt10, 1);
  const late = model.mineNegatives([{ anchor: "a", positive: "b" }]);
  assert.equal((await failureOf(late)).code, "ERR_DISPOSED");
});

test("of documents that are alike the first name comes first, whatever their order", async () => {
  await using model = await loadModel(TINY, { dtype: "float32" });
  const [text] = rowsOf(1);
  for (const ids of [
    ["b", "a"],
    ["a", "b"],
  ]) {
    const corpus = Object.fromEntries(ids.map((id) => [id, text!.text]));
    const { mrrAt10 } = await model.evaluateRetrieval({
      ...{ corpus, queries: { q: text!.text }, relevant: { q: ["b"] } },
    });
    assert.equal(mrrAt10, 0.5);
  }
});

test("queries and documents get their own prompts, and vectors are cut and compared as asked for", async () => {
  const folder = sentenceModel([TRANSFORMER, POOLING], {
    "1_Pooling/config.json": CLS,
    "config_sentence_transformers.json": {
      prompts: { query: "who was ", document: "the film ", other: "so " },
      similarity_fn_name: "dot",
    },
  });
  await using model = await loadModel(folder, { task: "features", dtype: "float32" });
  const own = { queries: { q: "good" }, corpus: { d: "bad" }, relevant: { q: ["d"] } };
  const spied = givenVectors({ good: [1, 0], bad: [0, 1] });
  await evaluateRetrieval(spied, own, {
    ...{ similarity: "dot", queryPromptName: "other", documentPrompt: "it was ", truncateDim: 4 },
  });
  await spied.close();
  const given = { normalize: undefined, truncateDim: 4 };
  assert.deepEqual(spied.asked, [
    { inputs: ["bad"], settings: { ...given, role: "document", prompt: "it was ", promptName: undefined } },
    { inputs: ["good"], settings: { ...given, role: "query", prompt: undefined, promptName: "other" } },
  ]);
  const error = await failureOf(model.evaluateRetrieval(own, { queryPromptName: "none" }));
  assert.equal(error.option, "queryPromptName");
  assert.match(
    error.message,
    /^Expected one of the model's prompts, .+, for queryPromptName but received "none"$/,
  );
  const both = { documentPrompt: "a", documentPromptName: "b" };
  const { message } = await failureOf(model.evaluateRetrieval(own, both));
  assert.equal(message, 'Expected no value beside documentPrompt for documentPromptName but received "b"');
});

test("a ranker puts the first documents of each query in its order, and the others stay behind them", async () => {
  const asked: (readonly [string, string])[] = [];
  const ranker: Ranker = {
    task: "reranking",
    score: async (pairs) => {
      asked.push(...pairs);
      return pairs.map(([, document]) => ({ score: document === "b" || document === "d" ? 1 : 0 }));
    },
  };
  const vectors = { q: [1, 0], a: [1, 0.1], b: [1, 0.2], c: [1, 0.3], d: [1, 0.4] };
  const given = givenVectors(vectors);
  const own = {
    queries: { q: "q" },
    corpus: { a: "a", b: "b", c: "c", d: "d" },
    relevant: { q: { b: 1, c: 3, d: 0 } },
  };
  const asking = { similarity: "cosine", mrrAt: [4], ndcgAt: [4] } as const;
  const evaluation = await evaluateRetrieval(given, own, { ...asking, ranker, rerankTopK: 2 });
  await given.close();
  assert.deepEqual(asked, [
    ["q", "a"],
    ["q", "b"],
  ]);
  const { byVectors, mrrAt4, ndcgAt4, recallAt1 } = evaluation;
  assert.deepEqual([byVectors!.mrrAt4, byVectors!.recallAt1, mrrAt4, recallAt1], [1 / 2, 0, 1, 1 / 2]);
  const best = 3 + 1 / Math.log2(3);
  assertClose([byVectors!.ndcgAt4!], [(1 / Math.log2(3) + 3 / 2) / best], SAME);
  assertClose([ndcgAt4!], [(1 + 3 / 2) / best], SAME);
});

test("a document of the query's own name is left out where that is asked for", async () => {
  const given = givenVectors({ a: [1, 0], b: [1, 1] });
  const own = { queries: { a: "a" }, corpus: { a: "a", b: "b" }, relevant: { a: ["b"] } };
  const [with_, without] = await Promise.all(
    [false, true].map((skipSameName) =>
      evaluateRetrieval(given, own, { similarity: "cosine", skipSameName }),
    ),
  );
  await given.close();
  assert.deepEqual([with_!.mrrAt10, without!.mrrAt10], [1 / 2, 1]);
});

test("a model of another task is no ranker", async () => {
  const model = { task: "classification", score: async () => [] } as const;
  // @ts-expect-error classification has no scores of pairs
  const error = await failureOf(evaluateRetrieval(compared, data, { ranker: model }));
  assert.equal(error.option, "ranker", error.message);
});

for (const [what, wrong, option] of [
  ["no relevant document", { relevant: { q0: [] } }, "relevant"],
  ["no documents", { corpus: {} }, "corpus"],
  ["a document that is no text", { corpus: { d00: 1 } }, "corpus.d00"],
  ["a name in the place of names", { relevant: { q0: "d00" } }, "relevant.q0"],
  ["a query whose documents are all irrelevant", { relevant: { q0: { d00: 0 } } }, "relevant"],
  ["how relevant a document is, where that is no number", { relevant: { q0: { d00: "2" } } }, "relevant.q0"],
  ["documents of a query that is not there", { relevant: { q0: ["d00"], q99: ["d00"] } }, "relevant"],
] as const) {
  test(`${what} is refused, naming where`, async () => {
    const error = await failureOf(evaluateRetrieval(compared, { ...data, ...wrong } as never, {}));
    assert.deepEqual([error.code, error.option], ["ERR_OPTION", option], error.message);
  });
}

test("relevant documents that the corpus lacks are told of; where it lacks all, the names do not fit", async () => {
  const told: string[] = [];
  const evaluate = (wanted: Record<string, string[]>) =>
    warningsTo(
      (message) => void told.push(message),
      () => evaluateRetrieval(compared, { ...data, relevant: wanted }, { similarity: "dot" }),
    );
  const [query] = Object.keys(data.queries) as [string];
  const [document] = Object.keys(data.corpus) as [string];
  await evaluate({ [query]: [document, "lost"] });
  assert.deepEqual(told, [
    'of 2 relevant documents the corpus lacks 1, such as "lost": they count as not found',
  ]);
  const error = await failureOf(evaluate({ [query]: ["1", "2"] }));
  assert.equal(error.message, 'Expected names of documents in the corpus for relevant but received "1"');
});

test("how many documents to rank again means nothing without a ranker", async () => {
  const error = await failureOf(evaluateRetrieval(compared, data, { rerankTopK: 5 }));
  assert.equal(error.message, "Expected no value without a ranker for rerankTopK but received 5");
});
