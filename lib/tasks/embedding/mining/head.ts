import { expected } from "../../../errors.js";
import type { TextRole } from "../../../features/prompt.js";
import { candidateRange, chooseNegatives } from "../../../retrieval/choose-negatives.js";
import type { ChoiceSettings } from "../../../retrieval/mining-options.js";
import { nearestDocuments } from "../../../retrieval/nearest-documents.js";
import { threadIndex } from "../../../retrieval/thread-index.js";
import type { HeadModel, TaskHead } from "../../head.js";
import { textVectors } from "../text-vectors.js";
import type { VectorTypes } from "../types.js";
import {
  lengthsWithNegatives,
  NO_DOCUMENT,
  type TextsOfPairs,
  textsAt,
  textsOfPairs,
  withNegatives,
} from "./mined-rows.js";
import { choicesOf } from "./options.js";

/** Rows of a training are pairs; those of an epoch have the negatives, too, that are mined for it. */
interface Types extends VectorTypes {
  rows: VectorTypes["rows"] & { mining?: Mining };
}

/** What negatives are chosen from, and how. */
interface Mining extends TextsOfPairs {
  choices: Omit<ChoiceSettings, "seed">;
  rangeMax: number;
}

/** So many texts become vectors at a time: enough to sort them by their length. */
const TEXTS_AT_A_TIME = 4096;

/** Trains an encoder on pairs, with negatives that it finds itself: anew before each epoch, as ANCE does (Xiong et al., 2021). */
export function miningHead(encoder: TaskHead<VectorTypes>): TaskHead<Types> {
  return {
    ...encoder,

    async prepare(preparation) {
      const choices = choicesOf(preparation.options);
      if (preparation.teacher)
        throw expected(
          "no value beside a teacher, which answers before the first update,",
          "numNegatives",
          choices.numNegatives,
        );
      const { train, ...others } = await encoder.prepare(preparation);
      const texts = textsOfPairs(train);
      const mining = { ...texts, choices, rangeMax: candidateRange(choices, texts.pairs.mostPositives) };
      const lengths = lengthsWithNegatives(train, texts, choices.numNegatives);
      return { ...others, train: { ...train, lengths, mining } };
    },

    mining: {
      async mine(model, rows, { seed, epoch, notify }, signal) {
        const mining = rows.mining!;
        const mined = await minedDocuments(model, rows, { ...mining.choices, seed: seed + epoch }, signal);
        const missing = mined.filter((document) => document === NO_DOCUMENT).length;
        if (missing > 0)
          notify(
            `epoch ${epoch + 1}: ${missing} of ${mined.length} negatives are missing, as too few candidates were left`,
          );
        return mined;
      },

      rows: (rows, mined) => withNegatives(rows, rows.mining!, mined),
    },
  };
}

/** The negatives of each anchor, the most alike first: [anchors, negatives]. The same on every rank. */
async function minedDocuments(
  model: HeadModel<Types>,
  rows: Types["rows"],
  choices: ChoiceSettings,
  signal: AbortSignal | undefined,
): Promise<number[]> {
  const { pairs, rowsWith, rangeMax } = rows.mining!;
  const { numNegatives } = choices;
  async function* vectors(role: TextRole) {
    const places = rowsWith[role].map((row) => 2 * row + (role === "query" ? 0 : 1));
    for (let first = 0; first < places.length; first += TEXTS_AT_A_TIME) {
      const some = places.subarray(first, first + TEXTS_AT_A_TIME);
      yield await textVectors(model, textsAt(rows, [...some]), signal);
    }
  }
  const mined = new Array<number>(pairs.anchors.length * numNegatives).fill(NO_DOCUMENT);
  using index = threadIndex();
  const topK = rangeMax + pairs.mostPositives;
  for await (const anchors of nearestDocuments(pairs, { vectors, index }, topK, signal))
    for (const anchor of anchors)
      for (const [place, negative] of chooseNegatives(anchor, rangeMax, choices).entries())
        mined[anchor.number * numNegatives + place] = negative.index;
  return asFirstRank(mined, model.group);
}

/** Ranks on unlike processors might find another order of texts that are nearly as alike. */
function asFirstRank(values: number[], group: HeadModel<Types>["group"]): number[] {
  return group ? group.sum(group.rank === 0 ? values : values.map(() => 0)) : values;
}
