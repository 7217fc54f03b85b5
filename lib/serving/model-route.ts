import type { FastifyInstance, FastifyReply } from "fastify";
import type { z } from "zod";
import type { LoadedModel } from "../session/load-model.js";
import { parseBody } from "./request-body.js";
import type { ServedModel } from "./served-model.js";
import type { Serving } from "./serving.js";
import { CLIENT_WENT_AWAY, ServingError } from "./serving-error.js";

/** A request to a model. */
export interface ModelRequest<Body> {
  body: Body;
  served: ServedModel;
  /** Sends some inputs to the model. @param ask passes the signal on */
  answer<Answer>(
    inputs: readonly unknown[],
    ask: (model: LoadedModel, signal: AbortSignal) => Promise<Answer>,
  ): Promise<Answer>;
}

/** A route whose body names a model, or goes to the first. What `handle` gives is sent as JSON; a text is JSON already. */
export function modelRoute<Schema extends z.ZodObject>(
  app: FastifyInstance,
  { models, settings }: Serving,
  route: { path: string; body: Schema; handle(request: ModelRequest<z.output<Schema>>): Promise<unknown> },
): void {
  app.post(route.path, { bodyLimit: settings.maxBody }, async (request, reply) => {
    const signal = endOf(reply, settings.timeout);
    const body = parseBody(route.body, request.body);
    const served = models.of(body.model as string | null | undefined);
    const answer: ModelRequest<never>["answer"] = (inputs, ask) =>
      served.answer(inputs.length, signal, (model) => ask(model, signal));
    reply.type("application/json; charset=utf-8");
    return route.handle({ body, served, answer });
  });
}

/**
 * Is aborted when the client goes away, or when a request took too long. Fastify's own `request.signal` is aborted as soon as the body
 * was read, in Node.js 20.
 */
function endOf({ raw }: FastifyReply, timeout: number): AbortSignal {
  const controller = new AbortController();
  const timer = setTimeout(() => {
    controller.abort(new ServingError(503, "Overloaded", `The request was not answered within ${timeout} s`));
  }, timeout * 1000);
  raw.once("close", () => {
    clearTimeout(timer);
    if (!raw.writableEnded)
      controller.abort(new ServingError(CLIENT_WENT_AWAY, "Overloaded", "The client went away"));
  });
  return controller.signal;
}
