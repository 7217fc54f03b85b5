// Searches a folder of Markdown by meaning: vectors in SQLite, a ranker on top, both trained on what people clicked.
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { fineTune, loadModel, type Model, type RetrievalData } from "../../lib/index.js";
import { cacheFolder } from "../../lib/runtime/paths.js";
import { obtainMiniLM } from "../quickstart/pretrained-model.js";
import { type Section, sectionsIn } from "./sections.js";
import { SectionStore } from "./store.js";

const HERE = "examples/semantic-search";
const QUERY = "how do I give my model to a colleague?";
/** So many sections the vectors find, and the ranker puts in order. */
const CANDIDATES = 10;
/** As many of these teach the ranker what is wrong. */
const NEGATIVES = 3;

const { values } = parseArgs({
  options: {
    folder: { type: "string", default: "docs" }, // Markdown files
    clicks: { type: "string", default: `${HERE}/clicks.jsonl` }, // to train on
    "held-out": { type: "string", default: `${HERE}/held-out.jsonl` }, // to measure with
    model: { type: "string" }, // directory of the pre-trained BERT; default: all-MiniLM-L6-v2, fetched if need be
    ranker: { type: "string" }, // a cross-encoder by its name or folder; default: one is trained on the clicks
    "max-seq-length": { type: "string", default: "96" }, // tokens of a text in training
    "output-dir": { type: "string", default: "runs/semantic-search" },
    query: { type: "string", default: QUERY },
  },
});
const outputDir = values["output-dir"];
const vectorsFolder = join(outputDir, "vectors");
const log = (line: string) => console.error(line);

/** What somebody asked, and the section that they then opened. */
interface Click {
  query: string;
  section: string;
}

async function clicksIn(file: string, sections: ReadonlyMap<string, Section>): Promise<Click[]> {
  const lines = (await readFile(file, "utf8")).trimEnd().split("\n");
  const clicks = lines.map((line) => JSON.parse(line) as Click);
  const known = clicks.filter(({ section }) => sections.has(section));
  if (known.length < clicks.length)
    log(`${file}: ${clicks.length - known.length} clicks on sections that are gone`);
  return known;
}

/** Queries whose one right answer is the section that was clicked. */
function dataOf(clicks: readonly Click[], sections: ReadonlyMap<string, Section>): RetrievalData {
  return {
    corpus: Object.fromEntries(Array.from(sections, ([id, { text }]) => [id, text])),
    queries: Object.fromEntries(clicks.map(({ query }) => [query, query])),
    relevant: Object.fromEntries(clicks.map(({ query, section }) => [query, [section]])),
  };
}

/** A query with the section that was clicked. */
type Pair = { anchor: string; positive: string };

function pairsOf(clicks: readonly Click[], sections: ReadonlyMap<string, Section>): Pair[] {
  return clicks.map(({ query, section }) => ({ anchor: query, positive: sections.get(section)!.text }));
}

const maxSeqLength = Number(values["max-seq-length"]);
const trained = { overwrite: true, seed: 1, epochs: 3, maxSeqLength } as const;

function trainVectors(model: string, train: readonly Pair[]): Promise<Model<"embedding">> {
  log(`Training the vectors on ${train.length} clicks`);
  return fineTune({
    ...{ ...trained, task: "embedding", model, train, outputDir: vectorsFolder },
    ...{ batchSize: 32, learningRate: 5e-5 },
  });
}

/** A query with the section that was clicked, and others. */
type Ranking = { query: string; positive: string; negatives: string[] };

/** Each click with sections that the vectors find as well, and nobody clicked. */
async function rankingsOf(
  vectors: Model<"embedding">,
  pairs: readonly Pair[],
  corpus: readonly string[],
): Promise<Ranking[]> {
  const { rows } = await vectors.mineNegatives(pairs, {
    ...{ corpus, numNegatives: NEGATIVES, rangeMax: CANDIDATES, samplingStrategy: "random" },
  });
  const rankings: Ranking[] = [];
  for (const { anchor: query, positive, negative } of rows) {
    const last = rankings.at(-1);
    if (last?.query === query && last.positive === positive) last.negatives.push(negative);
    else rankings.push({ query, positive, negatives: [negative] });
  }
  return rankings;
}

/** Beginning with the encoder of the vectors, which knows the sections already. */
function trainRanker(train: readonly Ranking[]): Promise<Model<"reranking">> {
  log(`Training a ranker on ${train.length} clicks, each with sections that nobody clicked`);
  return fineTune({
    ...{ ...trained, task: "reranking", model: vectorsFolder, train, outputDir: join(outputDir, "ranker") },
    ...{ loss: "list-net", batchSize: 8, learningRate: 1e-4 },
  });
}

const pretrained = await obtainMiniLM({ model: values.model, cacheDir: cacheFolder(), log });
const list = await sectionsIn(values.folder);
const sections = new Map(list.map((section) => [section.id, section]));
const clicks = await clicksIn(values.clicks, sections);
const heldOut = dataOf(await clicksIn(values["held-out"], sections), sections);
log(`${sections.size} sections of ${values.folder}, ${clicks.length} clicks to learn from`);

await using before = await loadModel(pretrained, { task: "features" });
const figuresBefore = await before.evaluateRetrieval(heldOut);
const texts = Array.from(sections.values(), ({ text }) => text);
const pairs = pairsOf(clicks, sections);
await using vectors = await trainVectors(pretrained, pairs);
await using ranker =
  values.ranker === undefined
    ? await trainRanker(await rankingsOf(vectors, pairs, texts))
    : ((await loadModel(values.ranker, { task: "reranking" })) as Model<"reranking">);
const figures = await vectors.evaluateRetrieval(heldOut, { ranker, rerankTopK: CANDIDATES });

console.log(`\nNDCG@10 and recall@1 on ${figures.queries} queries that nothing was trained on:`);
for (const [what, { ndcgAt10, recallAt1 }] of [
  ["vectors as they were", figuresBefore],
  ["vectors trained on the clicks", figures.byVectors!],
  ["with the ranker on top", figures],
] as const)
  console.log(`  ${what.padEnd(30)} ${ndcgAt10!.toFixed(3)}  ${recallAt1!.toFixed(3)}`);

await mkdir(outputDir, { recursive: true });
const file = join(outputDir, "sections.db");
using store = new SectionStore(file);
store.replaceAll([...sections.values()], await vectors.encodeDocument(texts));
const [query] = await vectors.encodeQuery([values.query]);
const found = store.nearest(query!, CANDIDATES);
// A ranker that few clicks trained may order worse than the vectors: it is put on top where it was measured to be better.
const isBetter = figures.ndcgAt10! > figures.byVectors!.ndcgAt10!;
const ranked = isBetter
  ? await ranker.rank(
      values.query,
      found.map(({ text }) => text),
    )
  : found.map(({ score }, index) => ({ index, score }));

console.log(`\n${values.query} (${isBetter ? "by the ranker" : "by vectors"})`);
for (const { index, score } of ranked.slice(0, 3))
  console.log(`  ${score.toFixed(3)}  ${found[index]!.id.padEnd(36)} ${found[index]!.text.slice(0, 60)}…`);
console.log(`\nThe vectors are in ${file}, the models in ${outputDir}/vectors and ${outputDir}/ranker.`);
