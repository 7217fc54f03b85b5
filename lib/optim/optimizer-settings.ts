import { expected } from "../errors.js";

/** What each of an optimizer's numbers has to be below; none may be negative. PyTorch's rule, except that it takes infinity. */
const LIMITS: Readonly<Record<string, number>> = {
  learningRate: Infinity,
  weightDecay: Infinity,
  momentum: Infinity,
  eps: Infinity,
  beta1: 1,
  beta2: 1,
};

function checkNumber(name: string, value: unknown): void {
  const limit = LIMITS[name];
  if (limit === undefined || (typeof value === "number" && value >= 0 && value < limit)) return;
  const what = limit === 1 ? "a number of at least 0 and below 1" : "a finite number of at least 0";
  throw expected(what, name, value);
}

/** Any other makes weights NaN, or climbs the loss. @throws ERR_OPTION for a rate that is no finite number of at least 0 */
export function checkLearningRate(learningRate: number): void {
  checkNumber("learningRate", learningRate);
}

/**
 * An optimizer's settings: those that are given, and the defaults of the others.
 *
 * @throws ERR_OPTION for a name that the optimizer does not have, such as PyTorch's `lr` and `betas`, and for a number out of range
 */
export function optimizerSettings<Settings extends object>(
  defaults: Settings,
  given: Partial<Settings>,
): Settings {
  const names = Object.keys(defaults);
  const set = Object.entries(given).filter(([, value]) => value !== undefined);
  for (const [name, value] of set) {
    if (!names.includes(name)) throw expected(`some of ${names.join(", ")}`, "options", name);
    checkNumber(name, value);
  }
  return { ...defaults, ...Object.fromEntries(set) };
}
