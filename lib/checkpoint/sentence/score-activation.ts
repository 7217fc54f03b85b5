import { z } from "zod";
import { LibbertError } from "../../errors.js";
import { sigmoid } from "../../logistic.js";
import type { ConfigJson } from "../../models/model-config.js";
import { parseFields, shown } from "../../options/parse-fields.js";

/** What the output of a cross-encoder may go through. */
export const SCORE_ACTIVATIONS = ["sigmoid", "identity"] as const;
export type ScoreActivation = (typeof SCORE_ACTIVATIONS)[number];

/** The classes of Python, by the paths that there are to them. */
const BY_CLASS = new Map<string, ScoreActivation>([
  ["torch.nn.modules.activation.Sigmoid", "sigmoid"],
  ["torch.nn.Sigmoid", "sigmoid"],
  ["torch.nn.modules.linear.Identity", "identity"],
  ["torch.nn.Identity", "identity"],
]);

/** A score of an output. In float32, as sentence-transformers has it, so that equal scores stay equal. */
export const ACTIVATE: Record<ScoreActivation, (output: number) => number> = {
  sigmoid: (output) => Math.fround(sigmoid(output)),
  identity: (output) => output,
};

/** What `config.json` says of it: in version 4 and 5 of sentence-transformers, and before. */
const fields = z.looseObject({
  sentence_transformers: z.looseObject({ activation_fn: z.string().nullish() }).nullish(),
  sbert_ce_default_activation_function: z.string().nullish(),
});

/** Whether `config.json` has what sentence-transformers writes of a cross-encoder. @throws LibbertError ERR_CHECKPOINT */
export function hasScoreFields({ json, source }: { json: ConfigJson; source: string }): boolean {
  const { sentence_transformers, sbert_ce_default_activation_function } = parseFields(fields, json, source);
  return (sentence_transformers ?? sbert_ce_default_activation_function ?? null) !== null;
}

/** The same fields for an activation: as version 4 writes them, and every later one reads them. */
export function activationFields(activation: ScoreActivation): ConfigJson {
  const [name] = [...BY_CLASS].find(([, own]) => own === activation)!;
  return {
    sentence_transformers: { activation_fn: name, version: "4.0.0" },
    sbert_ce_default_activation_function: undefined,
  };
}

/**
 * What the one output of a model goes through before it is a score: as its files say, else a sigmoid, as in sentence-transformers.
 *
 * @param ofSettings the class that `config_sentence_transformers.json` names, which counts first
 * @throws LibbertError ERR_CHECKPOINT for a class that is none of those
 */
export function scoreActivation(
  { json, source }: { json: ConfigJson; source: string },
  ofSettings: string | undefined,
): ScoreActivation {
  const { sentence_transformers, sbert_ce_default_activation_function } = parseFields(fields, json, source);
  const ofConfig = sentence_transformers?.activation_fn ?? sbert_ce_default_activation_function ?? undefined;
  const name = ofSettings ?? ofConfig;
  const activation = name === undefined ? "sigmoid" : BY_CLASS.get(name);
  if (activation !== undefined) return activation;
  throw new LibbertError(
    "ERR_CHECKPOINT",
    `${source}: Expected Sigmoid or Identity of torch.nn for the activation of a cross-encoder but received ${shown(name)}; ` +
      "the option activation says what to take in its place",
  );
}
