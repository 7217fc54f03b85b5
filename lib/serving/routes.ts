import type { FastifyInstance } from "fastify";
import { requireToken } from "./bearer-token.js";
import { answerError } from "./error-answer.js";
import { embedRoute } from "./routes/embed.js";
import { openAiEmbeddingsRoute } from "./routes/openai-embeddings.js";
import { predictRoute } from "./routes/predict.js";
import { reloadRoute } from "./routes/reload.js";
import { rerankRoute } from "./routes/rerank.js";
import { similarityRoute } from "./routes/similarity.js";
import { HEALTH, stateRoutes } from "./routes/state.js";
import type { Serving } from "./serving.js";
import { CLIENT_WENT_AWAY } from "./serving-error.js";

/** All routes of a server of models. When the application closes, models answer what they accepted, and are freed. */
export function addRoutes(app: FastifyInstance, serving: Serving): void {
  const { models, settings, metrics } = serving;
  app.setErrorHandler(answerError);
  app.addHook("onRequest", async ({ routeOptions }, { raw }) => {
    const start = performance.now();
    // Fastify's onResponse is not called for clients that went away.
    raw.once("close", () => {
      const status = raw.writableEnded ? raw.statusCode : CLIENT_WENT_AWAY;
      metrics.requestEnded(routeOptions.url ?? "unknown", status, (performance.now() - start) / 1000);
    });
  });
  endConnectionsAtClosing(app);
  app.addHook("onClose", () => models.close());
  if (settings.bearerToken !== undefined) requireToken(app, settings.bearerToken, `${app.prefix}${HEALTH}`);
  for (const route of [predictRoute, embedRoute, similarityRoute, rerankRoute, openAiEmbeddingsRoute])
    route(app, serving);
  stateRoutes(app, serving);
  reloadRoute(app, serving);
}

/** An answer that is sent while the application closes ends its connection: a client that kept it would hold the server up. */
function endConnectionsAtClosing(app: FastifyInstance): void {
  let isClosing = false;
  app.addHook("preClose", async () => {
    isClosing = true;
  });
  app.addHook("onSend", async (_request, reply) => {
    if (isClosing) reply.header("connection", "close");
  });
}
