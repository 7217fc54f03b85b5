import { expected } from "../errors.js";
import { phaseOptions } from "./options.js";
import { withRecipe } from "./recipes.js";
import { withStoredSettings } from "./stored-settings.js";

type Options = Record<string, unknown>;

/**
 * The options of a run: those that are not given are as in the run to resume, or for a new run as in its recipe.
 *
 * @throws LibbertError what `withStoredSettings` and `optionsOfNewRun` throw
 */
export function optionsOfRun(options: Options): Options {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const resumed = withStoredSettings(given);
  return resumed === given ? optionsOfNewRun(given) : resumed;
}

/** @throws LibbertError ERR_OPTION for an option that would not be read, as each phase has its own; what `withRecipe` throws */
export function optionsOfNewRun(given: Options): Options {
  const options = withRecipe(given);
  const phases = Array.isArray(options.phases) ? options.phases : [];
  for (const name of Object.keys(phaseOptions.shape)) {
    const isUnread = phases.length > 0 && phases.every((phase) => Object(phase)[name] !== undefined);
    if (isUnread && given[name] !== undefined)
      throw expected(
        "no value, as each phase has its own (leave it out, or give phases),",
        name,
        given[name],
      );
  }
  return options;
}
