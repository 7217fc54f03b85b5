import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { embedTexts } from "../embed-texts.js";
import { modelRoute } from "../model-route.js";
import { checkCount, commonFields } from "../request-body.js";
import type { Serving } from "../serving.js";
import { vectorsJson } from "../vector-json.js";

const body = z.strictObject({
  ...commonFields,
  input: z.union([z.string(), z.array(z.string())], {
    error: "a string or an array of strings, as libbert makes the tokens itself,",
  }),
  encoding_format: z.enum(["float", "base64"]).nullish(),
  dimensions: z.int().positive().nullish(),
  /** Who asks changes nothing. */
  user: z.string().nullish(),
});

/** `POST /v1/embeddings`, as OpenAI's clients ask for vectors. */
export function openAiEmbeddingsRoute(app: FastifyInstance, serving: Serving): void {
  const { maxTexts, truncate } = serving.settings;
  modelRoute(app, serving, {
    path: "/v1/embeddings",
    body,
    async handle({ body: { input, encoding_format, dimensions }, served, answer }) {
      const texts = [input].flat();
      checkCount(texts, maxTexts, "input");
      const vectors = await answer(texts, (model, signal) =>
        embedTexts(model, texts, { dimensions, truncate, name: "input", signal }),
      );
      const tokens = vectors.reduce((sum, vector) => sum + vector.tokens, 0);
      const usage = JSON.stringify({ prompt_tokens: tokens, total_tokens: tokens });
      const data =
        encoding_format === "base64"
          ? JSON.stringify(
              vectors.map((vector, index) => ({ object: "embedding", index, embedding: base64(vector) })),
            )
          : await vectorsJson(vectors, objectOf);
      return `{"object":"list","data":${data},"model":${JSON.stringify(served.name)},"usage":${usage}}`;
    },
  });
}

function objectOf(numbers: string, index: number): string {
  return `{"object":"embedding","index":${index},"embedding":${numbers}}`;
}

/** The numbers as float32, the low byte first, as processors on which libbert runs have them. */
function base64({ buffer, byteOffset, byteLength }: Float32Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString("base64");
}
