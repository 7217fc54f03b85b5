import { after } from "node:test";
import { type FastifyInstance, fastify } from "fastify";
import { parseOptions } from "../../lib/options/parse-options.js";
import type { ServingOptions } from "../../lib/serving/option-types.js";
import { servingOptions } from "../../lib/serving/options.js";
import { addRoutes } from "../../lib/serving/routes.js";
import type { Log } from "../../lib/serving/served-model.js";
import { ServedModels } from "../../lib/serving/served-models.js";
import { ServingMetrics } from "../../lib/serving/serving-metrics.js";
import { DEVICE } from "../support/device.js";
import { goldenPath } from "../support/golden.js";

export const CLASSIFIER = goldenPath("tiny-bert");

/** A server, what it serves, and the lines of its log. */
export interface TestServer {
  app: FastifyInstance;
  models: ServedModels;
  log: string[];
}

/** An application with the routes, until the tests of the file are over. */
export async function serverOf(options: ServingOptions): Promise<TestServer> {
  const settings = parseOptions(servingOptions, { device: DEVICE, dtype: "float32", ...options });
  const lines: string[] = [];
  const log: Log = { info: (_, line) => lines.push(line), warn: (_, line) => lines.push(line) };
  const models = await ServedModels.open(settings, log);
  const app = fastify();
  addRoutes(app, { models, settings, metrics: new ServingMetrics() });
  after(() => app.close());
  return { app, models, log: lines };
}

/** What JSON may hold, for tests to look into. */
// biome-ignore lint/suspicious/noExplicitAny: the shapes are what the tests check
type Json = any;

/** Sends a request whose body and answer are JSON. */
export async function post(
  app: FastifyInstance,
  url: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<{ status: number; json: Json; headers: Record<string, unknown> }> {
  const type = { "content-type": "application/json" };
  const payload = typeof body === "string" ? body : JSON.stringify(body);
  const answer = await app.inject({ method: "POST", url, payload, headers: { ...type, ...headers } });
  return { status: answer.statusCode, json: answer.json(), headers: answer.headers };
}
