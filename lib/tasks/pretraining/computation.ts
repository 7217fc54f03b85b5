import { LibbertError } from "../../errors.js";
import type { Compute } from "../compute.js";
import type { PretrainSettings } from "./options.js";
import type { PhaseCorpora } from "./set-up.js";

/**
 * All that decides what a run computes, as JSON; what is left out may differ between a run and its continuation. The
 * corpora count by what they hold, not by where they are, and a dtype of "auto" by what it came to.
 */
export function computationOf(
  settings: PretrainSettings,
  corpora: readonly PhaseCorpora[],
  { dtype }: Compute,
): Record<string, unknown> {
  const {
    resume,
    overwrite,
    snapshotEvery,
    keepSnapshots,
    logEvery,
    evaluateEvery,
    evaluationSequences,
    outputDir,
    ...rest
  } = settings;
  const phases = settings.phases?.map(({ data, ...own }) => own);
  const data = corpora.map(({ train: { documents, sentences, tokens, vocabulary } }) => {
    return { documents, sentences, tokens, vocabulary: vocabulary.fingerprint };
  });
  return JSON.parse(JSON.stringify({ ...rest, dtype, phases, data })); // as it comes back from a snapshot
}

/** @throws LibbertError ERR_OPTION naming the first setting that the run to resume had otherwise */
export function checkSameComputation(stored: Record<string, unknown>, asked: Record<string, unknown>): void {
  for (const name of new Set([...Object.keys(stored), ...Object.keys(asked)])) {
    const [before, now] = [JSON.stringify(stored[name]), JSON.stringify(asked[name])];
    if (before === now) continue;
    throw new LibbertError(
      "ERR_OPTION",
      `Expected ${before}, as in the run to resume, for ${name} but received ${now}`,
    );
  }
}
