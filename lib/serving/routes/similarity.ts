import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { embedTexts } from "../embed-texts.js";
import { modelRoute } from "../model-route.js";
import { checkCount, commonFields, lengthFields } from "../request-body.js";
import type { Serving } from "../serving.js";

const body = z.strictObject({
  ...commonFields,
  inputs: z.strictObject({ source_sentence: z.string(), sentences: z.array(z.string()) }),
  parameters: z.strictObject({ ...lengthFields, prompt_name: z.string().nullish() }).nullish(),
});

/** `POST /similarity`: how alike each of some sentences is to another, as the model's files say that its vectors are compared. */
export function similarityRoute(app: FastifyInstance, serving: Serving): void {
  const { maxTexts, truncate: byDefault } = serving.settings;
  modelRoute(app, serving, {
    path: "/similarity",
    body,
    async handle({ body: { inputs, parameters }, answer }) {
      const texts = [inputs.source_sentence, ...inputs.sentences];
      checkCount(inputs.sentences, maxTexts - 1, "inputs.sentences");
      return answer(texts, async (model, signal) => {
        const vectors = await embedTexts(model, texts, {
          ...{ promptName: parameters?.prompt_name, signal },
          ...{ truncate: parameters?.truncate ?? byDefault, name: "the texts" },
        });
        const [source, ...others] = vectors;
        const [scores] = await model.similarity([source!], others);
        return Array.from(scores!);
      });
    },
  });
}
