import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { ServingError, toServingError } from "./serving-error.js";

/** Answers an error in the form that clients of the route expect: OpenAI's below `/v1`, else that of text-embeddings-inference. */
export function answerError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const told = toServingError(error) ?? ofFastify(error);
  const isOurs = told.errorType === "Backend" && !(error instanceof ServingError);
  if (isOurs) request.log.error(error);
  if (told.retryAfter !== undefined) reply.header("retry-after", told.retryAfter);
  const isOpenAi = /\/v1\//.test(request.routeOptions.url ?? "");
  return reply
    .status(told.status)
    .type("application/json; charset=utf-8")
    .send(isOpenAi ? openAi(told) : plain(told));
}

type Told = Pick<ServingError, "status" | "errorType" | "message"> & {
  code?: string | undefined;
  retryAfter?: number | undefined;
};

function plain({ message, errorType }: Told): object {
  return { error: message, error_type: errorType };
}

/** https://platform.openai.com/docs/guides/error-codes */
function openAi({ status, message, code }: Told): object {
  const type = status === 429 ? "rate_limit_error" : status < 500 ? "invalid_request_error" : "server_error";
  return { error: { message, type, param: null, code: code ?? null } };
}

/** Bodies that are too large or no JSON are the client's fault; what nobody expected is ours, and says nothing of the inside. */
function ofFastify({ statusCode = 500, message }: FastifyError): Told {
  const isClients = statusCode >= 400 && statusCode < 500;
  return isClients
    ? { status: statusCode, errorType: "Validation", message }
    : { status: 500, errorType: "Backend", message: "The server failed; its log says why" };
}
