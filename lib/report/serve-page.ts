import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expected } from "../errors.js";
import { codeOf } from "../files/error-code.js";

/** This machine alone can connect to it. */
const LOOPBACK = "127.0.0.1";

/** A page that changes. */
export interface ServedPage {
  /** Tells the page as it is from what it was. */
  version(): string;
  render(): Promise<string>;
}

const HEADERS = {
  "cache-control": "no-store",
  "content-security-policy": "frame-ancestors 'none'", // beside the page's own
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

/**
 * Serves one page to the browsers of this machine.
 *
 * @param port 0 for any that is free
 * @throws LibbertError ERR_OPTION for a port that is not free, or not the user's to take
 */
export async function servePage(page: ServedPage, port: number): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => {
    answer(page, request, response).catch((error: Error) => send(response, 500, `${error.message}\n`));
  });
  await new Promise<void>((listening, failed) => {
    server.once("error", (error) => failed(notFree(port, error)));
    server.listen(port, LOOPBACK, listening);
  });
  return { server, url: `http://${LOOPBACK}:${portOf(server)}/` };
}

function notFree(port: number, error: Error): Error {
  const reason = { EADDRINUSE: "a port that is free", EACCES: "a port that this user may take" }[
    codeOf(error) ?? ""
  ];
  return reason === undefined ? error : expected(reason, "port", port);
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

async function answer(page: ServedPage, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, url, headers } = request;
  if (!isOwnHost(headers.host, request.socket.localPort!))
    return send(response, 403, "Not a name of this server\n");
  if (method !== "GET") return send(response, 405, "Only GET\n", { allow: "GET" });
  if (url !== "/") return send(response, 404, "Only /\n");
  const etag = `"${page.version()}"`;
  if (headers["if-none-match"] === etag) return send(response, 304, "", { etag });
  const text = await page.render();
  return send(response, 200, text, { etag, "content-type": "text/html; charset=utf-8" });
}

/** A page elsewhere may have a name of its own that leads here; then the browser sends that name. */
function isOwnHost(host: string | undefined, port: number): boolean {
  return host === `${LOOPBACK}:${port}` || host === `localhost:${port}`;
}

function send(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Record<string, string> = {},
): void {
  const type = { "content-type": "text/plain; charset=utf-8" };
  response.writeHead(status, { ...HEADERS, ...type, ...headers }).end(text);
}
