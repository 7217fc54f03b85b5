import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { embedTexts } from "../embed-texts.js";
import { modelRoute } from "../model-route.js";
import { checkCount, commonFields, lengthFields } from "../request-body.js";
import type { Serving } from "../serving.js";
import { vectorsJson } from "../vector-json.js";

const body = z.strictObject({
  ...commonFields,
  inputs: z.union([z.string(), z.array(z.string())], { error: "a string or an array of strings" }),
  ...lengthFields,
  normalize: z.boolean().nullish(),
  prompt_name: z.string().nullish(),
  dimensions: z.int().positive().nullish(),
});

/** `POST /embed`: a vector for each text, also for a single one. */
export function embedRoute(app: FastifyInstance, serving: Serving): void {
  const { maxTexts, truncate: byDefault } = serving.settings;
  modelRoute(app, serving, {
    path: "/embed",
    body,
    async handle({ body: { inputs, truncate, normalize, prompt_name, dimensions }, answer }) {
      const texts = [inputs].flat();
      checkCount(texts, maxTexts, "inputs");
      const vectors = await answer(texts, (model, signal) =>
        embedTexts(model, texts, {
          ...{ normalize, promptName: prompt_name, dimensions, signal },
          ...{ truncate: truncate ?? byDefault, name: "inputs" },
        }),
      );
      return vectorsJson(vectors);
    },
  });
}
