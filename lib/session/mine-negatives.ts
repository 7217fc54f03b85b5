import { z } from "zod";
import { LibbertError } from "../errors.js";
import type { TextRole } from "../features/prompt.js";
import { signalOption } from "../options/call-options.js";
import { datasetOptions } from "../options/hub-options.js";
import { parseOptions } from "../options/parse-options.js";
import type { RowSource } from "../options/row-options.js";
import { rankerOption } from "../ranking/ranker.js";
import { rescored } from "../ranking/rescored.js";
import { candidateRange, chooseNegatives } from "../retrieval/choose-negatives.js";
import { type MinedNegatives, miningFields, pairColumnOptions } from "../retrieval/mining-options.js";
import { nearestDocuments } from "../retrieval/nearest-documents.js";
import { type NumberedPairs, numberedPairs } from "../retrieval/numbered-pairs.js";
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
    return await negativesOf(pairs, session, index, { ...settings, rangeMax });
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

async function negativesOf(
  pairs: NumberedPairs,
  session: Requesting,
  index: SessionIndex,
  { rangeMax, ...settings }: MiningSettings & { rangeMax: number },
): Promise<MinedNegatives> {
  const mined: MinedNegatives = { rows: [], missing: 0, truncated: 0 };
  const { ranker, signal } = settings;
  async function* vectors(role: TextRole) {
    const texts = role === "query" ? pairs.anchors : pairs.documents;
    for await (const { vectors, truncated } of vectorsOf(session, texts, role, settings, true)) {
      mined.truncated += truncated;
      yield vectors;
    }
  }
  const topK = rangeMax + pairs.mostPositives;
  for await (const nearest of nearestDocuments(pairs, { vectors, index }, topK, signal)) {
    for (const anchor of ranker ? await rescored(ranker, nearest, pairs, signal) : nearest) {
      const negatives = chooseNegatives(anchor, rangeMax, settings).map((negative) => negative.index);
      mined.missing += anchor.positives.size * (settings.numNegatives - negatives.length);
      addRows(mined, pairs, anchor.number, negatives);
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
