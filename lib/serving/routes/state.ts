import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { packageRoot } from "../../runtime/paths.js";
import { METRICS_TYPE } from "../prometheus-text.js";
import type { ServedModel } from "../served-model.js";
import type { Serving } from "../serving.js";
import { ServingError } from "../serving-error.js";

/** The path that needs no token. */
export const HEALTH = "/health";

/** `GET /health`, `/metrics`, `/info` and `/v1/models`. */
export function stateRoutes(app: FastifyInstance, { models, settings, metrics }: Serving): void {
  app.get(HEALTH, async (_, reply) => {
    const failed = [...models].filter((model) => model.failed).map(({ name }) => name);
    if (failed.length > 0)
      throw new ServingError(503, "Unhealthy", `Models that compute no more: ${failed.join(", ")}`);
    return reply.send();
  });
  app.get("/metrics", async (_, reply) => reply.type(METRICS_TYPE).send(metrics.text(models)));
  const { version } = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")) as {
    version: string;
  };
  app.get("/info", async () => {
    const described = [...models].map(infoOf);
    const limits = {
      max_client_batch_size: settings.maxTexts,
      max_queue: settings.maxQueue,
      auto_truncate: settings.truncate,
    };
    return { ...described[0], ...limits, version, models: described };
  });
  app.get("/v1/models", async () => ({
    object: "list",
    data: [...models].map(({ name, facts }) => ({
      id: name,
      object: "model",
      created: Math.floor(facts.since.getTime() / 1000),
      owned_by: "libbert",
    })),
  }));
}

function infoOf({ name, source, facts }: ServedModel): object {
  const { kind, labels, vectorSize, since } = facts;
  return {
    model_id: source,
    served_model_name: name,
    task: kind,
    model_type: modelType(kind, labels),
    ...(vectorSize !== null && { vector_size: vectorSize }),
    loaded: since.toISOString(),
  };
}

/** What text-embeddings-inference calls it; null for a task that it does not have. */
function modelType(kind: string, labels: readonly string[]): object | null {
  const named = {
    id2label: Object.fromEntries(labels.entries()),
    label2id: Object.fromEntries(labels.map((label, id) => [label, id])),
  };
  if (kind === "classification") return { classifier: named };
  if (kind === "reranking") return { reranker: named };
  return kind === "features" || kind === "embedding" ? { embedding: {} } : null;
}
