import type { BodyInit, Headers, Response } from "undici";
import { isObject } from "../is-object.js";
import { basicAuthentication, withoutUser } from "./address.js";
import { openAgent } from "./proxy.js";
import { lossOf, Refused, refusal, Unanswered } from "./request.js";

/** Bytes of known number, made anew for each try. */
export interface Stream {
  bytes: () => AsyncIterable<Uint8Array>;
  length: number;
}

export interface Message {
  method: "POST" | "PUT";
  /** Of `body`, as in HTTP's header. */
  type: string;
  body: string | Stream;
  /** Sent as bearer authentication. */
  token?: string | undefined;
  signal?: AbortSignal | undefined;
}

export interface Answer {
  text: string;
  headers: Headers;
}

/** Milliseconds without a byte of the answer: a server that takes over a large file may think about it. */
const SILENCE = 120_000;

/** No answer to what is sent is longer. */
const LONGEST = 2 ** 24;

/**
 * Sends to an `https:` or `http:` address. It is not followed elsewhere. Messages show the address without its query, which may be a
 * right to write, and never the token.
 *
 * @throws ConnectionLost, Refused, LibbertError for what is no proxy, the signal's reason
 */
export async function send(url: URL, { method, type, body, token, signal }: Message): Promise<Answer> {
  const place = new URL(url.pathname, url);
  const authorization = token === undefined ? basicAuthentication(url) : `Bearer ${token}`;
  const headers = {
    "content-type": type,
    ...(typeof body !== "string" && { "content-length": String(body.length) }),
    ...(authorization !== undefined && { authorization }),
  };
  const { fetch } = await import("undici");
  const dispatcher = await openAgent(SILENCE);
  try {
    const response = await fetch(withoutUser(url), {
      ...{ method, headers, dispatcher, redirect: "manual", signal: signal ?? null },
      ...(typeof body === "string" ? { body } : { body: body.bytes() as BodyInit, duplex: "half" }),
    });
    const text = await limitedText(response);
    if (response.ok) return { text, headers: response.headers };
    throw withWordOf(text, token, refusal(place, response));
  } catch (error) {
    signal?.throwIfAborted();
    throw error instanceof TypeError ? new Unanswered(lossOf(place, error)) : error;
  } finally {
    await dispatcher.destroy();
  }
}

async function limitedText({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > LONGEST) break;
  }
  return Buffer.concat(chunks).toString();
}

/** The same error with what the server says of it, as the Hub does: `{ "error": "…" }`. */
function withWordOf(text: string, token: string | undefined, error: Error): Error {
  const word = wordIn(text);
  if (word === undefined || !(error instanceof Refused)) return error;
  const shown = word.slice(0, 300).replace(/\p{Cc}+/gu, " ");
  error.message += ` (${token === undefined ? shown : shown.replaceAll(token, "…")})`;
  return error;
}

function wordIn(text: string): string | undefined {
  try {
    const answer: unknown = JSON.parse(text);
    return isObject(answer) && typeof answer.error === "string" ? answer.error : undefined;
  } catch {
    return undefined;
  }
}
