import { expected } from "../errors.js";
import { refuseBesideBudget } from "../options/budget-option.js";
import { checkResumeOptions } from "../snapshots/run-directory.js";
import { MASKED_WORDS, NEW_MODEL, type PretrainSettings, withPhaseDefaults } from "./options.js";

const OF_MASKED_WORDS = [...Object.keys(MASKED_WORDS), "maxPredictionsPerSequence"];

/** Options that say how long a run is. */
const RUN_LENGTHS = ["recipe", "steps", "phases"];

export type NewModelSettings = Required<Pick<PretrainSettings, keyof typeof NEW_MODEL>>;

/** What decides about a new model. */
export function newModelOf({ size = NEW_MODEL.size, dropout = NEW_MODEL.dropout }: PretrainSettings) {
  return { size, dropout } satisfies NewModelSettings;
}

/**
 * The settings with the defaults that depend on other options: a new model has a size, masked words have a rate.
 *
 * @throws ERR_OPTION for an option that another one leaves without a meaning
 */
export function completeSettings(settings: PretrainSettings): PretrainSettings {
  const isNew = settings.continueFrom === undefined;
  const isMasked = settings.objective !== "causal";
  if (!isNew) refuse(settings, Object.keys(NEW_MODEL), "the checkpoint in continueFrom has its own");
  if (!isMasked) refuse(settings, OF_MASKED_WORDS, 'objective "causal" masks no words');
  checkResumeOptions(settings);
  const masked = { ...settings, ...(isMasked && maskedWordsOf(settings)) };
  if (settings.budget !== undefined) {
    refuseBesideBudget(settings, RUN_LENGTHS, "which chooses how long it trains");
    return masked; // the budget chooses among what is not given
  }
  return withPhaseDefaults({ ...masked, ...(isNew && newModelOf(settings)) });
}

function maskedWordsOf({
  maskRate = MASKED_WORDS.maskRate,
  maskSplit = MASKED_WORDS.maskSplit,
  wholeWord = MASKED_WORDS.wholeWord,
}: PretrainSettings) {
  return { maskRate, maskSplit, wholeWord };
}

/** @throws ERR_OPTION for the first of the options that is given */
function refuse(settings: PretrainSettings, options: readonly string[], reason: string): void {
  const given: Readonly<Record<string, unknown>> = settings;
  const name = options.find((option) => given[option] !== undefined);
  if (name !== undefined) throw expected(`no value, as ${reason} (leave it out),`, name, given[name]);
}
