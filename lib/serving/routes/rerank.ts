import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { Model } from "../../session/model.js";
import { modelRoute } from "../model-route.js";
import { checkCount, commonFields, lengthFields, lengthRefusal } from "../request-body.js";
import type { Serving } from "../serving.js";
import { unfit } from "../serving-error.js";

const body = z.strictObject({
  ...commonFields,
  query: z.string(),
  texts: z.array(z.string()),
  ...lengthFields,
  raw_scores: z.boolean().nullish(),
  return_text: z.boolean().nullish(),
});

/** `POST /rerank`: texts by how well they answer a query, the best first. */
export function rerankRoute(app: FastifyInstance, serving: Serving): void {
  const { maxTexts, truncate: byDefault } = serving.settings;
  modelRoute(app, serving, {
    path: "/rerank",
    body,
    async handle({ body: { query, texts, truncate, raw_scores, return_text }, served, answer }) {
      const { kind } = served.facts;
      if (kind !== "reranking" && kind !== "regression")
        throw unfit(`${served.name} ranks nothing: it is a model for ${kind}`);
      checkCount(texts, maxTexts, "texts");
      const activation = raw_scores ? "identity" : undefined; // undefined: what the model's files say
      const may = { truncate: truncate ?? byDefault };
      const options = { returnDocuments: return_text ?? false, activation, ...may } as const;
      const ranked = await answer(texts, (model, signal) =>
        (model as Model<"reranking">).rank(query, texts, { ...options, signal }).catch((error) => {
          throw lengthRefusal(error, "texts");
        }),
      );
      return ranked.map(({ index, score, document: text }) => ({ index, score, text }));
    },
  });
}
