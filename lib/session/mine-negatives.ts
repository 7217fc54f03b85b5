import { z } from "zod";
import { LibbertError } from "../errors.js";
import { pairSimilarity } from "../features/pair-similarity.js";
import { signalOption } from "../options/call-options.js";
import { datasetOptions } from "../options/hub-options.js";
import { parseOptions } from "../options/parse-options.js";
import type { RowSource } from "../options/row-options.js";
import { rankerOption } from "../ranking/ranker.js";
import { candidateRange, chooseNegatives } from "../retrieval/choose-negatives.js";
import { type MinedNegatives, miningFields, pairColumnOptions } from "../retrieval/mining-options.js";
import { type NumberedPairs, numberedPairs } from "../retrieval/numbered-pairs.js";
import { rescored } from "../retrieval/rescored.js";
import { vectorsOf } from "./compared-texts.js";
import type { Requesting } from "./compute-session.js";
import type { MiningOptions } from "./option-types.js";
import { readPairs } from "./read-pairs.js";
import { SessionIndex } from "./session-index.js";

/** Options of `mineNegatives()`. */
export const miningOptions = z.strictObject({
  corpus: z
    .array(z.string())
    .optional()
    .describe("more texts that may be negatives, beside the positives of other anchors"),
  ranker: rankerOption(
    "a cross-encoder whose scores the margins and limits are about: it tells what is wrong from what nobody marked as right",
  ),
  ...miningFields,
  ...pairColumnOptions,
  ...datasetOptions,
});

/** What `mineNegatives()` is called with. */
export const miningCall = miningOptions.extend({ signal: signalOption });
type MiningSettings = z.output<typeof miningCall>;

/** What is found for so many anchors is in memory at a time. */
const ANCHORS_AT_A_TIME = 1024;

/** `model.mineNegatives()` */
export async function mineNegatives(
  session: Requesting,
  source: RowSource,
  options: MiningOptions,
): Promise<MinedNegatives> {
  const settings = parseOptions(miningCall, options);
  checkRanker(settings);
  const { corpus = [], similarity, signal, columns, columnNames, token, cacheDir, localFilesOnly } = settings;
  const reading = { columns, columnNames, token, cacheDir, localFilesOnly };
  const pairs = numberedPairs(await readPairs(source, reading, signal), corpus);
  const rangeMax = candidateRange(settings, pairs.mostPositives);
  const index = new SessionIndex(session, { similarity });
  try {
    const encoded = await encodePairs(session, index, pairs, settings);
    return await negativesOf(encoded, { index, pairs, rangeMax }, settings);
  } finally {
    await index.close();
  }
}

/** @throws ERR_OPTION for a ranker without a limit: the first in its order are likeliest right */
function checkRanker({ ranker, maxScore, absoluteMargin, relativeMargin }: MiningSettings): void {
  if (ranker === undefined) return;
  if ([maxScore, absoluteMargin, relativeMargin].some((limit) => limit !== undefined)) return;
  const message =
    "Expected absoluteMargin, relativeMargin or maxScore beside ranker: without one, what it finds likeliest right would be taken";
  throw new LibbertError("ERR_OPTION", message, { option: "ranker" });
}

interface EncodedPairs {
  anchors: Float32Array[];
  /** How alike the least alike positive of each anchor is. */
  lowestPositives: Float64Array;
  truncated: number;
}

/** Vectors have length 1, and those of documents go to the index. */
async function encodePairs(
  session: Requesting,
  index: SessionIndex,
  pairs: NumberedPairs,
  settings: MiningSettings,
): Promise<EncodedPairs> {
  const anchors: Float32Array[] = [];
  let truncated = 0;
  for await (const { vectors, ...some } of vectorsOf(session, pairs.anchors, "query", settings, true)) {
    for (const vector of vectors) anchors.push(vector);
    truncated += some.truncated;
  }
  const lowestPositives = new Float64Array(anchors.length).fill(Number.POSITIVE_INFINITY);
  const anchorsOf = anchorsByDocument(pairs);
  for await (const { first, vectors, ...some } of vectorsOf(
    session,
    pairs.documents,
    "document",
    settings,
    true,
  )) {
    await index.add(vectors, settings.signal);
    truncated += some.truncated;
    for (const [place, vector] of vectors.entries())
      for (const anchor of anchorsOf[first + place]!) {
        const score = pairSimilarity(index.similarity!, anchors[anchor]!, vector);
        lowestPositives[anchor] = Math.min(lowestPositives[anchor]!, score);
      }
  }
  return { anchors, lowestPositives, truncated };
}

/** For each document, the anchors that it is right for. */
function anchorsByDocument({ documents, positives }: NumberedPairs): number[][] {
  const anchors: number[][] = documents.map(() => []);
  for (const [anchor, own] of positives.entries())
    for (const document of own) anchors[document]!.push(anchor);
  return anchors;
}

async function negativesOf(
  { anchors, lowestPositives, truncated }: EncodedPairs,
  { index, pairs, rangeMax }: { index: SessionIndex; pairs: NumberedPairs; rangeMax: number },
  settings: MiningSettings,
): Promise<MinedNegatives> {
  const mined: MinedNegatives = { rows: [], missing: 0, truncated };
  const { ranker } = settings;
  for (let first = 0; first < anchors.length; first += ANCHORS_AT_A_TIME) {
    const some = anchors.slice(first, first + ANCHORS_AT_A_TIME);
    const topK = rangeMax + pairs.mostPositives;
    const nearest = (await index.search(some, topK, settings.signal)).map((found, place) => {
      const number = first + place;
      const positives = pairs.positives[number]!;
      return { number, found, positives, lowestPositive: lowestPositives[number]! };
    });
    for (const anchor of ranker ? await rescored(ranker, nearest, pairs, settings.signal) : nearest) {
      const negatives = chooseNegatives(anchor, rangeMax, settings);
      mined.missing += anchor.positives.size * (settings.numNegatives - negatives.length);
      addRows(
        mined,
        pairs,
        anchor.number,
        negatives.map((negative) => negative.index),
      );
    }
  }
  return mined;
}

function addRows(
  { rows }: MinedNegatives,
  { anchors, documents, positives }: NumberedPairs,
  anchor: number,
  negatives: readonly number[],
): void {
  for (const positive of positives[anchor]!)
    for (const negative of negatives)
      rows.push({
        anchor: anchors[anchor]!,
        positive: documents[positive]!,
        negative: documents[negative]!,
      });
}
