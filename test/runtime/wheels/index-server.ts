import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { setEnvironment } from "../fakes.js";
import type { MadeWheel } from "./make-wheel.js";

/** How a made-up index behaves. */
export interface Behaviour {
  /** Default: JSON (PEP 691) */
  html?: boolean;
  /** After how many bytes of a file the connection is cut, for one request after the other; then it is whole. */
  cuts?: number[];
  /** Whether the server ignores `Range`. Default: false */
  withoutRanges?: boolean;
  /** The answer to a request for a page of the index, for one after the other. Default: 200 */
  pageStatuses?: number[];
  /** The answer to a request for a file, for one after the other. Default: 200, or 206 */
  statuses?: number[];
  /** What is listed in the place of a file's hash; undefined: none. */
  sha256?: (real: string) => string | undefined;
  /** Where a file is found in truth. Default: where it is listed */
  redirected?: boolean;
  /** The `url` of the index that has the files, as this one lists them. Default: this one */
  filesAt?: string;
  /** The `url` of the index that `redirected` leads to. Default: this one */
  movedTo?: string;
  /** `user:password` that it asks for. Default: none */
  password?: string;
}

export interface IndexServer {
  /** For `PIP_INDEX_URL`. */
  url: string;
  /** `path`, or `path from N` where the middle of a file was asked for, in the order of the requests. */
  requests: string[];
  /** What each request was authorized with. */
  authorizations: (string | undefined)[];
  /** Waits until no connection is open. */
  untilUnconnected(): Promise<void>;
  /** Nothing listens at `url` from then on. */
  stop(): void;
}

/** Starts an index of these wheels on this machine until the test ends; proxies are set aside. */
export async function startIndex(
  t: TestContext,
  wheels: MadeWheel[],
  behaviour: Behaviour = {},
): Promise<IndexServer> {
  const requests: string[] = [];
  const authorizations: (string | undefined)[] = [];
  const { filesAt = "../../simple", movedTo = "/simple" } = behaviour;
  const { cuts = [], statuses = [], pageStatuses = [], sha256 = (real) => real } = behaviour;

  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url!);
    const from = /^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1];
    requests.push(from === undefined ? path : `${path} from ${from}`);
    authorizations.push(request.headers.authorization);
    if (behaviour.password && !isAuthorized(request, behaviour.password))
      return void response.writeHead(401).end();
    const project = /^\/simple\/([^/]+)\/$/.exec(path)?.[1];
    if (project !== undefined) {
      const status = pageStatuses.shift() ?? 200;
      return status === 200 ? list(project, response) : void response.writeHead(status).end();
    }
    const [, folder, file] = /^\/(files|moved)\/([^/]+)$/.exec(path) ?? [];
    const wheel = wheels.find((one) => one.file === file);
    if (!wheel) return void response.writeHead(404).end();
    if (behaviour.redirected && folder === "files")
      return void response
        .writeHead(302, { location: `${movedTo}/../moved/${encodeURIComponent(wheel.file)}` })
        .end();
    const status = statuses.shift() ?? 200;
    if (status !== 200) return void response.writeHead(status).end();
    send(wheel.content, behaviour.withoutRanges ? undefined : from, response);
  });

  function list(project: string, response: ServerResponse): void {
    const listed = wheels.filter(({ file }) => file.split("-")[0]!.replaceAll("_", "-") === project);
    if (listed.length === 0) return void response.writeHead(404).end();
    const links = listed.map((wheel) => ({
      filename: wheel.file,
      url: `${filesAt}/../files/${encodeURIComponent(wheel.file)}`,
      hash: sha256(wheel.sha256),
    }));
    if (behaviour.html) {
      const anchors = links.map(
        ({ filename, url, hash }) => `<a href="${url}${hash ? `#sha256=${hash}` : ""}">${filename}</a>`,
      );
      response
        .writeHead(200, { "content-type": "text/html" })
        .end(`<!DOCTYPE html>${anchors.join("<br>\n")}`);
      return;
    }
    const files = links.map(({ hash, ...link }) => ({ ...link, hashes: hash ? { sha256: hash } : {} }));
    response
      .writeHead(200, { "content-type": "application/vnd.pypi.simple.v1+json" })
      .end(JSON.stringify({ meta: { "api-version": "1.0" }, name: project, files }));
  }

  function send(content: Buffer, from: string | undefined, response: ServerResponse): void {
    const start = Number(from ?? 0);
    if (from !== undefined && start >= content.length) return void response.writeHead(416).end();
    const rest = content.subarray(start);
    response.writeHead(from === undefined ? 200 : 206, {
      "content-length": rest.length,
      ...(from !== undefined && {
        "content-range": `bytes ${start}-${content.length - 1}/${content.length}`,
      }),
    });
    const cut = cuts.shift();
    if (cut === undefined) response.end(rest);
    else response.write(rest.subarray(0, cut), () => setTimeout(() => response.destroy(), 200));
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const stop = () => {
    server.close();
    server.closeAllConnections();
  };
  t.after(stop);
  server.keepAliveTimeout = 60_000; // it does not end connections before clients do
  const untilUnconnected = async () => {
    const count = promisify(server.getConnections.bind(server));
    const deadline = Date.now() + 2000;
    while ((await count()) > 0) {
      if (Date.now() > deadline) throw new Error(`Expected no connection but received ${await count()}`);
      await delay(10);
    }
  };
  const { port } = server.address() as AddressInfo;
  setEnvironment(t, { NO_PROXY: "127.0.0.1", no_proxy: "127.0.0.1" });
  return { url: `http://127.0.0.1:${port}/simple`, requests, authorizations, untilUnconnected, stop };
}

function isAuthorized({ headers }: IncomingMessage, password: string): boolean {
  return headers.authorization === `Basic ${Buffer.from(password).toString("base64")}`;
}
