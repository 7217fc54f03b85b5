import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { parseOptions } from "../../options/parse-options.js";
import type { Model } from "../../session/model.js";
import { specOf } from "../../tasks/find-spec.js";
import type { TaskSpec } from "../../tasks/spec.js";
import type { ClassificationPrediction } from "../../tasks/specs.js";
import { modelRoute } from "../model-route.js";
import { checkCount, commonFields, lengthFields, lengthRefusal } from "../request-body.js";
import type { Serving } from "../serving.js";
import { refused, unfit } from "../serving-error.js";

const body = z.strictObject({
  ...commonFields,
  inputs: z.unknown(),
  ...lengthFields,
  raw_scores: z
    .boolean()
    .refine((isRaw) => !isRaw, "false, as libbert gives probabilities,")
    .nullish(),
  /** Of a classifier what `predict()` gives, as of every other task. */
  details: z.boolean().nullish(),
  /** What `predict()` of the task takes beside the inputs. */
  parameters: z.record(z.string(), z.unknown()).nullish(),
});

/** Any input of a task: which ones, the compiler cannot know here. */
type Inputs = Parameters<Model["predict"]>[0];

/**
 * `POST /predict`: of a classifier as text-embeddings-inference has it, unless the request wants `details`; of any other model what
 * `predict()` gives.
 */
export function predictRoute(app: FastifyInstance, serving: Serving): void {
  const { maxTexts, truncate: byDefault } = serving.settings;
  modelRoute(app, serving, {
    path: "/predict",
    body,
    async handle({ body: { inputs: given, truncate, parameters, details }, served, answer }) {
      const { kind } = served.facts;
      if (kind === "features" || kind === "embedding")
        throw unfit(`${served.name} gives vectors: its routes are /embed and /v1/embeddings`);
      const spec = specOf(kind);
      const options = parseOptions(z.strictObject(spec.predictOptions), parameters ?? {});
      const { inputs, isBatch } = inputsOf(given, readsPairs(spec));
      checkCount(inputs, maxTexts, "inputs");
      const predictions = await answer(inputs, (model, signal) =>
        (model as Model)
          .predict(inputs as Inputs, { ...options, truncate: truncate ?? byDefault, signal })
          .catch((error) => {
            throw lengthRefusal(error, "inputs");
          }),
      );
      const shaped = kind === "classification" && !details ? predictions.map(labelsByScore) : predictions;
      return isBatch ? shaped : shaped[0];
    },
  });
}

/** Whether a model takes texts and pairs of texts, and not lists of words, which two texts may be as well. */
function readsPairs({ inputs: { accepts } }: TaskSpec): boolean {
  return accepts(["a", "b"]) && !accepts(["a", "b", "c"]);
}

/** An array is a batch; but where inputs may be pairs, one of texts is a single input, and the elements of a batch are arrays. */
function inputsOf(given: unknown, arePairs: boolean): { inputs: unknown[]; isBatch: boolean } {
  if (!Array.isArray(given)) return { inputs: [given], isBatch: false };
  if (!arePairs) return { inputs: given, isBatch: true };
  if (typeof given[0] !== "string") return { inputs: given.map(textOrPair), isBatch: true };
  if (given.length <= 2) return { inputs: [textOrPair(given)], isBatch: false };
  throw refused(
    `Expected a text, a pair [text, text] or a batch [[text], [text, text], …] for inputs but received ${given.length} texts`,
  );
}

function textOrPair(input: unknown): unknown {
  return Array.isArray(input) && input.length === 1 ? input[0] : input;
}

/** Every label, the most probable first. */
function labelsByScore(prediction: unknown): { score: number; label: string }[] {
  return Object.entries((prediction as ClassificationPrediction).scores)
    .map(([label, score]) => ({ score, label }))
    .sort((a, b) => b.score - a.score);
}
