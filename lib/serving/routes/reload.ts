import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { LibbertError } from "../../errors.js";
import { commonFields, parseBody } from "../request-body.js";
import type { Serving } from "../serving.js";
import { ServingError } from "../serving-error.js";

const bodySchema = z.strictObject(commonFields);

/** `POST /reload`: loads one model, or all, from where they came, and answers when they are in service. */
export function reloadRoute(app: FastifyInstance, { models, settings }: Serving): void {
  app.post("/reload", { bodyLimit: settings.maxBody }, async (request) => {
    if (settings.bearerToken === undefined)
      throw new ServingError(
        403,
        "Validation",
        "Expected a server with a token: without one, only SIGHUP reloads models",
      );
    const { model } = parseBody(bodySchema, request.body ?? {});
    const chosen = model === null || model === undefined ? [...models] : [models.of(model)];
    const [failure] = await models.reload(chosen);
    if (failure instanceof LibbertError) throw new ServingError(424, "Backend", failure.message);
    if (failure !== undefined) throw failure;
    return { reloaded: chosen.map(({ name }) => name) };
  });
}
