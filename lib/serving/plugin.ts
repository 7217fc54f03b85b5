import type { FastifyInstance } from "fastify";
import { parseOptions } from "../options/parse-options.js";
import type { ServingOptions } from "./option-types.js";
import { servingOptions } from "./options.js";
import { addRoutes } from "./routes.js";
import { ServedModels } from "./served-models.js";
import { ServingMetrics } from "./serving-metrics.js";

/** What Fastify takes of a plugin's options itself. */
interface RegisterOptions {
  prefix?: string;
  logLevel?: string;
  logSerializers?: object;
}

/**
 * Serves models from an application of Fastify 5: text-embeddings-inference's `/predict`, `/embed`, `/similarity` and `/rerank`,
 * OpenAI's `/v1/embeddings`, and `/health`, `/metrics`, `/info` and `/reload`. Requests that come at the same time are computed
 * together. Models are loaded before the application is ready, and freed when it closes.
 *
 * ```ts
 * const app = Fastify({ pluginTimeout: 0 }); // loading takes as long as it takes
 * await app.register(libbertPlugin, { models: { films: "runs/films" }, prefix: "/models" });
 * await app.listen({ port: 8080 });
 * ```
 *
 * @throws LibbertError ERR_OPTION for a wrong option; what `loadModel()` throws
 */
export async function libbertPlugin(
  app: FastifyInstance,
  options: ServingOptions & RegisterOptions,
): Promise<void> {
  const { prefix: _, logLevel, logSerializers, ...own } = options;
  const settings = parseOptions(servingOptions, own);
  const models = await ServedModels.open(settings, app.log);
  addRoutes(app, { models, settings, metrics: new ServingMetrics() });
}
