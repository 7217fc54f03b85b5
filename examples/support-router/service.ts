import { randomUUID } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { libbertPlugin } from "../../lib/fastify.js";
import type { ModelCalibration } from "../../lib/index.js";
import { appendRow, openRows } from "../json-lines.js";
import { type Training, trainRouter } from "./training.js";

/** A message, and what a person says it is. */
interface Answer {
  text: string;
  label: string;
}

/** What the router makes of a message. */
interface Routed {
  /** Whose it is now: the label, or `people` where the router is not sure enough. */
  queue: string;
  label: string;
  /** How probable the label is. */
  score: number;
}

/** What `predict()` gives of a classifier, as far as it is used here. */
interface Prediction {
  label: string;
  score: number;
  abstained: boolean;
}

const text = { type: "string", minLength: 1 };

/**
 * The service: `POST /messages` routes one, `POST /answers` takes what people decided, `POST /retrain` learns from it and replaces the
 * router while it serves.
 *
 * @param answers the file of what people decided
 */
export async function addService(app: FastifyInstance, training: Training, answers: string): Promise<void> {
  // The models' own routes are for this process alone: nobody else knows the token, without which they would have no /reload.
  const bearerToken = randomUUID();
  await app.register(libbertPlugin, {
    ...{ prefix: "/models", models: { router: training.folder } },
    ...{ bearerToken, truncate: true, logLevel: "warn" },
  });

  async function ask<Reply>(method: "GET" | "POST", route: string, payload?: object): Promise<Reply> {
    const headers = { authorization: `Bearer ${bearerToken}` };
    const reply = await app.inject({ method, url: `/models${route}`, headers, ...(payload && { payload }) });
    if (reply.statusCode === 200) return reply.json();
    throw failure(reply.statusCode, reply.json().error);
  }
  async function labelsInService(): Promise<string[]> {
    const info = await ask<{ model_type: { classifier: { label2id: object } } }>("GET", "/info");
    return Object.keys(info.model_type.classifier.label2id);
  }

  app.post<{ Body: { text: string } }>(
    "/messages",
    { schema: { body: { type: "object", required: ["text"], properties: { text } } } },
    async ({ body }): Promise<Routed> => {
      const asked = { inputs: body.text, details: true };
      const { label, score, abstained } = await ask<Prediction>("POST", "/predict", asked);
      return { queue: abstained ? "people" : label, label, score };
    },
  );

  let decided = (await openRows(answers)).length;
  app.log.info(`${decided} answers of people so far`);
  app.post<{ Body: Answer }>(
    "/answers",
    { schema: { body: { type: "object", required: ["text", "label"], properties: { text, label: text } } } },
    async ({ body: { text, label } }, reply) => {
      const labels = await labelsInService();
      if (!labels.includes(label))
        throw failure(422, `Expected one of ${labels.join(", ")} for label but received ${label}`);
      await appendRow(answers, { text, label });
      decided++;
      return reply.status(201).send();
    },
  );

  const closing = new AbortController();
  app.addHook("preClose", async () => closing.abort(failure(503, "The service ends")));
  let retraining: Promise<ModelCalibration> | undefined;
  async function retrain(): Promise<ModelCalibration> {
    const train = decided > 0 ? [...training.train, answers] : training.train;
    const learnt = await trainRouter({ ...training, train }, { logger: app.log, signal: closing.signal });
    await ask("POST", "/reload");
    return learnt;
  }
  app.post("/retrain", async () => {
    retraining ??= retrain().finally(() => {
      retraining = undefined;
    });
    return retraining; // whoever asks meanwhile gets the same
  });
}

/** An error that Fastify answers with a status. */
function failure(statusCode: number, message: string): Error {
  return Object.assign(new Error(message), { statusCode });
}
