import { z } from "zod";
import { expected } from "../errors.js";
import { retrievalMetrics } from "../metrics/retrieval.js";
import { signalOption } from "../options/call-options.js";
import { parseOptions } from "../options/parse-options.js";
import { type RetrievalData, type RetrievalEvaluation, retrievalOptions } from "../retrieval/options.js";
import { vectorsOf } from "./compared-texts.js";
import type { Requesting } from "./compute-session.js";
import type { RetrievalOptions } from "./option-types.js";
import { SessionIndex } from "./session-index.js";

/** What `evaluateRetrieval()` is called with. */
export const retrievalCall = retrievalOptions.extend({ signal: signalOption });

const texts = z.record(z.string(), z.string());
const dataSchema = z.strictObject({
  queries: texts,
  corpus: texts,
  relevant: z.record(z.string(), z.union([z.array(z.string()), z.set(z.string())])),
});

/** `model.evaluateRetrieval()` */
export async function evaluateRetrieval(
  session: Requesting,
  data: RetrievalData,
  options: RetrievalOptions,
): Promise<RetrievalEvaluation> {
  const settings = parseOptions(retrievalCall, options);
  const { relevant, queries, documents } = checkedData(data);
  const cutoffs = cutoffsOf(settings);
  const topK = Math.max(1, ...Object.values(cutoffs).flat());
  const index = new SessionIndex(session, { similarity: settings.similarity });
  let truncated = 0;
  try {
    const corpus = documents.map((id) => data.corpus[id]!);
    for await (const { vectors, ...some } of vectorsOf(session, corpus, "document", settings)) {
      await index.add(vectors, settings.signal);
      truncated += some.truncated;
    }
    const rankings: string[][] = [];
    const asked = queries.map((id) => data.queries[id]!);
    for await (const { vectors, ...some } of vectorsOf(session, asked, "query", settings)) {
      for (const found of await index.search(vectors, topK, settings.signal))
        rankings.push(found.map((one) => documents[one.index]!));
      truncated += some.truncated;
    }
    const figures = retrievalMetrics(rankings, relevant, cutoffs);
    return { queries: queries.length, documents: documents.length, truncated, ...figures };
  } finally {
    await index.close();
  }
}

/** The queries that have relevant documents, and these; documents sorted, so that of equal scores the first name wins. */
function checkedData(data: RetrievalData) {
  const { queries, corpus, relevant } = parseOptions(dataSchema, data);
  const unknown = Object.keys(relevant).find((query) => !Object.hasOwn(queries, query));
  if (unknown !== undefined) throw expected("names of queries", "relevant", unknown);
  const wanted = (query: string) => new Set(Object.hasOwn(relevant, query) ? relevant[query] : []);
  const asked = Object.keys(queries).filter((query) => wanted(query).size > 0);
  if (asked.length === 0) throw expected("documents of at least one query", "relevant", relevant);
  const documents = Object.keys(corpus).sort();
  if (documents.length === 0) throw expected("at least one document", "corpus", corpus);
  return { queries: asked, relevant: asked.map(wanted), documents };
}

function cutoffsOf(settings: z.output<typeof retrievalOptions>) {
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
