import { z } from "zod";
import { describe, expected } from "../errors.js";
import { retrievalMetrics } from "../metrics/retrieval.js";
import { signalOption } from "../options/call-options.js";
import { refuseTold } from "../options/option.js";
import { parseOptions } from "../options/parse-options.js";
import { type Ranker, rankerOption, rankerScores } from "../ranking/ranker.js";
import { type RetrievalData, type RetrievalEvaluation, retrievalFields } from "../retrieval/options.js";
import { counted } from "../text-format.js";
import { warn } from "../warn.js";
import { vectorsOf } from "./compared-texts.js";
import type { Requesting } from "./compute-session.js";
import type { RetrievalOptions } from "./option-types.js";
import { SessionIndex } from "./session-index.js";

/** Options of `evaluateRetrieval()`. */
export const retrievalOptions = z.strictObject({
  ...retrievalFields,
  ranker: rankerOption("a cross-encoder that puts what the vectors find in its own order"),
});

/** What `evaluateRetrieval()` is called with. */
export const retrievalCall = retrievalOptions.extend({ signal: signalOption });
type Settings = z.output<typeof retrievalCall>;

const texts = z.record(z.string(), z.string());
const dataSchema = z.strictObject({
  queries: texts,
  corpus: texts,
  relevant: z.record(
    z.string(),
    z.union([z.array(z.string()), z.set(z.string()), z.record(z.string(), z.number())]),
  ),
});

/** The names of what is compared. */
interface Compared {
  /** Those that count: they have relevant documents. */
  queries: readonly string[];
  /** Sorted, so that of equal scores the first name wins. */
  documents: readonly string[];
}

/** The names of the documents that were found for each query, the best first. */
type Rankings = string[][];

/** `model.evaluateRetrieval()` */
export async function evaluateRetrieval(
  session: Requesting,
  data: RetrievalData,
  options: RetrievalOptions,
): Promise<RetrievalEvaluation> {
  const settings = parseOptions(retrievalCall, options);
  const { relevant, ...compared } = checkedData(data);
  const { queries, documents } = compared;
  const { ranker } = settings;
  if (ranker === undefined) refuseTold(retrievalOptions, settings, ["rerankTopK"], "without a ranker");
  const cutoffs = cutoffsOf(settings);
  const { rankings, truncated } = await rankByVectors(session, data, compared, {
    ...settings,
    topK: Math.max(1, ranker ? settings.rerankTopK : 0, ...Object.values(cutoffs).flat()),
  });
  const counts = { queries: queries.length, documents: documents.length, truncated };
  const byVectors = retrievalMetrics(rankings, relevant, cutoffs);
  if (ranker === undefined) return { ...counts, ...byVectors };
  const reranked = await rerank(ranker, data, { queries, rankings }, settings);
  return { ...counts, ...retrievalMetrics(reranked, relevant, cutoffs), byVectors };
}

/** @throws ERR_OPTION for queries, documents or judgements that there are none of, or that are not there */
function checkedData(data: RetrievalData): Compared & { relevant: ReadonlyMap<string, number>[] } {
  const { queries, corpus, relevant } = parseOptions(dataSchema, data);
  const unknown = Object.keys(relevant).find((query) => !Object.hasOwn(queries, query));
  if (unknown !== undefined) throw expected("names of queries", "relevant", unknown);
  const grades = new Map(Object.entries(relevant).map(([query, wanted]) => [query, gradesOf(wanted)]));
  const asked = Object.keys(queries).filter((query) => (grades.get(query)?.size ?? 0) > 0);
  if (asked.length === 0) throw expected("documents of at least one query", "relevant", relevant);
  const documents = Object.keys(corpus).sort();
  if (documents.length === 0) throw expected("at least one document", "corpus", corpus);
  const wanted = asked.map((query) => grades.get(query)!);
  tellAbsent(wanted, corpus);
  return { queries: asked, documents, relevant: wanted };
}

/** What is not there cannot be found, and counts as missed, as in BEIR's own figures. @throws ERR_OPTION where nothing is there */
function tellAbsent(relevant: readonly ReadonlyMap<string, number>[], corpus: Record<string, string>): void {
  const names = relevant.flatMap((grades) => [...grades.keys()]);
  const absent = names.filter((name) => !Object.hasOwn(corpus, name));
  if (absent.length === names.length)
    throw expected("names of documents in the corpus", "relevant", absent[0]);
  if (absent.length === 0) return;
  warn(
    `of ${counted(names.length, "relevant document")} the corpus lacks ${absent.length}, such as ${describe(absent[0])}: they count as not found`,
  );
}

/** How relevant documents are, those alone that are. */
function gradesOf(wanted: string[] | Set<string> | Record<string, number>): Map<string, number> {
  if (Array.isArray(wanted) || wanted instanceof Set) return new Map(Array.from(wanted, (name) => [name, 1]));
  return new Map(Object.entries(wanted).filter(([, grade]) => grade > 0));
}

async function rankByVectors(
  session: Requesting,
  data: RetrievalData,
  { queries, documents }: Compared,
  { topK, skipSameName, ...settings }: Settings & { topK: number },
): Promise<{ rankings: Rankings; truncated: number }> {
  const index = new SessionIndex(session, { similarity: settings.similarity });
  let truncated = 0;
  try {
    const corpus = documents.map((name) => data.corpus[name]!);
    for await (const { vectors, ...some } of vectorsOf(session, corpus, "document", settings)) {
      await index.add(vectors, settings.signal);
      truncated += some.truncated;
    }
    const rankings: Rankings = [];
    const asked = queries.map((name) => data.queries[name]!);
    for await (const { vectors, ...some } of vectorsOf(session, asked, "query", settings)) {
      for (const found of await index.search(vectors, topK + (skipSameName ? 1 : 0), settings.signal)) {
        const query = queries[rankings.length]!;
        const names = found.map((one) => documents[one.index]!);
        const others = skipSameName ? names.filter((name) => name !== query) : names;
        rankings.push(others.slice(0, topK));
      }
      truncated += some.truncated;
    }
    return { rankings, truncated };
  } finally {
    await index.close();
  }
}

/** The first documents of each ranking in the ranker's order; of equal scores, in their own. The others stay behind them. */
async function rerank(
  ranker: Ranker,
  data: RetrievalData,
  { queries, rankings }: { queries: readonly string[]; rankings: Rankings },
  { rerankTopK, signal }: Settings,
): Promise<Rankings> {
  const pairs = rankings.flatMap((names, query) =>
    names.slice(0, rerankTopK).map((name) => [data.queries[queries[query]!]!, data.corpus[name]!] as const),
  );
  const scores = await rankerScores(ranker, pairs, signal);
  let next = 0;
  return rankings.map((names) => {
    const scored = names.slice(0, rerankTopK).map((name) => ({ name, score: scores[next++]! }));
    const first = scored.sort((a, b) => b.score - a.score).map(({ name }) => name);
    return [...first, ...names.slice(rerankTopK)];
  });
}

function cutoffsOf(settings: Settings) {
  const { accuracyAt, precisionAt, recallAt, mrrAt, ndcgAt, mapAt } = settings;
  return {
    accuracy: accuracyAt,
    precision: precisionAt,
    recall: recallAt,
    mrr: mrrAt,
    ndcg: ndcgAt,
    map: mapAt,
  };
}
