import { open } from "node:fs/promises";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { Dispatcher, Headers, Response } from "undici";
import { LibbertError } from "../errors.js";
import { codeOf } from "../files/error-code.js";
import { reasonOf } from "../files/write-error.js";
import { basicAuthentication, shown, withoutUser } from "./address.js";
import { openAgent } from "./proxy.js";

/** What came from an address. */
export interface Received {
  /** Where it was found in the end, behind redirections. */
  url: URL;
  contentType: string;
  /** The byte that `content` begins with: what was asked for, or 0 where the server cannot begin in the middle. */
  start: number;
  /** Bytes from `start` to the end, where they are known. */
  length?: number;
  /** @throws ConnectionLost where it breaks off. */
  content: AsyncIterable<Uint8Array>;
}

/** A connection that could not be opened, or broke off, or a busy server: another try may succeed. */
export class ConnectionLost extends Error {
  /** @param pause milliseconds that the server asks to wait for before the next try */
  constructor(
    message: string,
    readonly pause = 0,
  ) {
    super(message);
  }
}

/** A connection over which no answer came at all, or none that was opened: a network that is down, an unknown host. */
export class Unanswered extends ConnectionLost {}

/** An answer that another try would not change. */
export class Refused extends LibbertError {
  /**
   * @param status HTTP's
   * @param reason the server's own word for it, from the header `X-Error-Code` that the Hugging Face Hub sends; else empty
   */
  constructor(
    message: string,
    readonly status: number,
    readonly reason = "",
  ) {
    super("ERR_RUNTIME", message);
  }
}

/** An address where there is nothing: HTTP 404 and 410, a file that does not exist. */
export class NotThere extends Refused {}

export interface RequestOptions {
  /** The first byte wanted. Default: 0 */
  from?: number;
  /** The types wanted, as in HTTP's header. Default: any */
  accept?: string;
  /** Sent as bearer authentication, to the address itself and never to another host that it leads to. */
  token?: string | undefined;
  /** Milliseconds without a byte after which a connection counts as lost. Default: a minute */
  silence?: number;
  signal?: AbortSignal | undefined;
}

/**
 * Asks for what is at an `https:`, `http:` or `file:` address. User and password in it are sent as basic authentication;
 * `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` are obeyed.
 *
 * @throws ConnectionLost, Refused, LibbertError for what is no proxy, the signal's reason
 */
export async function request(
  url: URL,
  { from = 0, accept = "*/*", token, silence = 60_000, signal }: RequestOptions = {},
): Promise<Received> {
  if (url.protocol === "file:") return readFile(url, from);
  const authorization = token === undefined ? basicAuthentication(url) : `Bearer ${token}`;
  const headers = {
    accept,
    "accept-encoding": "identity", // bytes of the file itself, which can be counted
    ...(from > 0 && { range: `bytes=${from}-` }),
    ...(authorization !== undefined && { authorization }),
  };
  const agent = await openAgent(silence);
  let isRead = false; // by the caller, who ends it
  try {
    const response = await answerOf(withoutUser(url), headers, agent, signal);
    isRead = response.ok;
    if (response.ok) return receivedFrom(response, url, agent, signal);
    // No byte is that far behind: all that there is was received before.
    if (response.status === 416)
      return { url, contentType: "", start: from, length: 0, content: Readable.from([]) };
    throw refusal(url, response);
  } finally {
    if (!isRead) await agent.destroy();
  }
}

function receivedFrom(
  response: Response,
  url: URL,
  agent: Dispatcher,
  signal: AbortSignal | undefined,
): Received {
  const { headers } = response;
  const length = headers.get("content-length");
  const [, start = "0"] = /^bytes (\d+)-/.exec(headers.get("content-range") ?? "") ?? [];
  return {
    url: new URL(response.url),
    contentType: headers.get("content-type") ?? "",
    start: Number(start),
    ...(length !== null && { length: Number(length) }),
    content: bodyOf(response, url, agent, signal),
  };
}

async function answerOf(
  url: URL,
  headers: Record<string, string>,
  dispatcher: Dispatcher,
  signal: AbortSignal | undefined,
): Promise<Response> {
  try {
    const { fetch } = await import("undici");
    return await fetch(url, { headers, dispatcher, signal: signal ?? null });
  } catch (error) {
    signal?.throwIfAborted();
    throw new Unanswered(lossOf(url, error));
  }
}

/** Another try helps where the server is busy; where it refuses, it does not. */
export function refusal(url: URL, { status, statusText, headers }: Response): Error {
  const message = `Expected an answer from ${shown(url)} but received HTTP ${status} ${statusText}`.trimEnd();
  const reason = headers.get("x-error-code") ?? "";
  if (status === 404 || status === 410) return new NotThere(message, status, reason);
  if (status >= 500 || status === 429 || status === 408) return new ConnectionLost(message, pauseIn(headers));
  return new Refused(message, status, reason);
}

/** HTTP's `Retry-After`, seconds or a date, in milliseconds from here on; 0 where there is none. */
function pauseIn(headers: Headers): number {
  const text = headers.get("retry-after") ?? "";
  const pause = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Math.max(pause || 0, 0); // NaN: what is no date
}

async function* bodyOf(
  response: Response,
  url: URL,
  agent: Dispatcher,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of response.body ?? []) yield chunk;
  } catch (error) {
    signal?.throwIfAborted();
    throw new ConnectionLost(lossOf(url, error));
  } finally {
    await agent.destroy();
  }
}

/** fetch() says no more than that it failed; what happened is the cause behind all others. */
export function lossOf(url: URL, error: unknown): string {
  return `Expected an answer from ${shown(url)} but received ${firstCause(error as Error).message}`;
}

/** Of several errors, where a name has several addresses, that of the first. */
function firstCause(error: Error): Error {
  const cause = error instanceof AggregateError ? error.errors[0] : error.cause;
  return cause instanceof Error ? firstCause(cause) : error;
}

async function readFile(url: URL, start: number): Promise<Received> {
  try {
    const file = await open(fileURLToPath(url));
    const length = (await file.stat()).size - start;
    return { url, contentType: "", start, length, content: file.createReadStream({ start }) };
  } catch (error) {
    const message = `Expected a file at ${shown(url)} but received ${reasonOf(error)}`;
    throw codeOf(error) === "ENOENT" ? new NotThere(message, 404) : new LibbertError("ERR_RUNTIME", message);
  }
}
