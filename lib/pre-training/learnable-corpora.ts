import { MANY_UNKNOWN } from "../data/corpus/manifest.js";
import type { ShardedCorpus } from "../data/corpus/sharded-corpus.js";
import { dataError } from "../data/data-error.js";
import type { Objective } from "../data/pretraining/pretraining-epoch.js";
import { expected } from "../errors.js";
import type { PreparedCorpora } from "./open-corpora.js";
import { type Phase, type PretrainSettings, parseMaskSplit } from "./options.js";
import type { PhaseCorpora } from "./run-parts.js";

export interface LearningPlan {
  settings: Pick<PretrainSettings, "evaluateEvery" | "maskSplit">;
  phases: readonly Phase[];
  /** Of the model, which may lack the head for another. */
  objective: Objective;
}

/**
 * The corpora of a run that can learn its objective from them.
 *
 * @param notify is told of what makes figures say less than they seem to
 * @throws LibbertError ERR_DATA for a corpus that there is nothing to learn from; ERR_OPTION for evaluations without documents
 */
export function learnableCorpora(
  prepared: readonly PreparedCorpora[],
  { settings, phases, objective }: LearningPlan,
  notify: (message: string) => void,
): PhaseCorpora[] {
  const pairs = objective === "mlm+nsp";
  const { maskSplit } = settings;
  if (maskSplit !== undefined && parseMaskSplit(maskSplit)!.keep === 1)
    notify(`maskSplit ${maskSplit} hides no word: the loss of the masked words says nothing`);
  for (const [index, { data }] of phases.entries()) {
    const { train } = prepared[index]!;
    if (pairs) checkPairs(train, data);
    checkWords(train, data, notify);
  }
  const { data } = phases.at(-1)!; // evaluations are on the last phase's documents
  const { validation } = prepared.at(-1)!;
  const evaluable = validation.documents >= (pairs ? 2 : 1);
  if (!evaluable) explainMissing(validation.documents, data, settings.evaluateEvery, notify);
  else if (pairs && validation.longerDocuments === 0)
    notify(
      `${data}: no validation document has two sentences, so that all pairs of an evaluation are random`,
    );
  return prepared.map(({ train, validation: own }, index) => ({
    train,
    validation: index === phases.length - 1 && evaluable ? own : null,
  }));
}

/** Where no document has a second sentence, no pair is one that follows: who always says "random" is always right. */
function checkPairs({ documents, longerDocuments }: ShardedCorpus, data: string): void {
  if (documents < 2 || longerDocuments > 0) return;
  throw dataError(
    data,
    'documents of two sentences or more for the objective "mlm+nsp"',
    `${documents} documents of one sentence, whose pairs would all be random: take objective "mlm", or prepare the ` +
      "corpus without blank lines within its documents",
  );
}

function checkWords(
  { tokens, unknownTokens }: ShardedCorpus,
  data: string,
  notify: (message: string) => void,
): void {
  if (tokens > 0 && unknownTokens === tokens)
    throw dataError(data, "words that the vocabulary has", "none: every token is [UNK]");
  const share = unknownTokens / tokens;
  if (share > MANY_UNKNOWN)
    notify(`${data}: ${(100 * share).toFixed(0)} % of the tokens are [UNK], which is easy to predict`);
}

function explainMissing(
  documents: number,
  data: string,
  evaluateEvery: number | undefined,
  notify: (message: string) => void,
): void {
  const reason =
    documents === 0
      ? `${data} has no validation documents`
      : `${data} has one validation document, and pairs need two`;
  if (evaluateEvery !== undefined)
    throw expected(
      `no value, as ${reason} (leave it out, or prepare with a larger validationShare),`,
      "evaluateEvery",
      evaluateEvery,
    );
  if (documents > 0) notify(`${reason}: the run is not evaluated`);
}
