import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gitHashOf, type HubModel, isLarge, sha256Of, TOKEN } from "./hub-model.js";
import { type PushFaults, pushRoutes } from "./push-routes.js";

/** What goes wrong with requests for files, for one after the other; then all goes well. */
export interface Faults {
  /** After how many bytes the connection is cut. */
  cuts?: number[];
  /** What is answered. */
  statuses?: number[];
  /** What is sent in a file's place. */
  contents?: Buffer[];
  /** How much the announced length differs from the true one. */
  lengths?: number[];
  /** What questions for a revision are answered with. */
  questions?: number[];
  push?: PushFaults;
}

export interface HubServer {
  /** For `HF_ENDPOINT`. */
  url: string;
  /** Method, path, and what was asked for of it, in the order of the requests, those of the storage behind it included. */
  requests: string[];
  /** What requests were authorised with, as `host: value`. */
  authorizations: string[];
  /** Nothing listens at `url` from then on. */
  stop(): void;
}

/**
 * Starts a server that speaks the Hub's protocol, and one for the storage that large files are found in.
 *
 * @param models by their names; data sets by `datasets/` and their names
 */
export async function startHub(models: Record<string, HubModel>, faults: Faults = {}): Promise<HubServer> {
  const requests: string[] = [];
  const authorizations: string[] = [];

  const note = ({ method, url, headers }: IncomingMessage) => {
    requests.push([method, decodeURIComponent(url!), headers.range].filter(Boolean).join(" "));
    if (headers.authorization) authorizations.push(`${headers.host}: ${headers.authorization}`);
  };

  const storage = createServer((request, response) => {
    note(request);
    const hash = request.url!.split("/").at(-1);
    const all = Object.values(models).flatMap(({ files }) => Object.values(files));
    send(all.find((content) => sha256Of(content) === hash)!, request, response);
  });
  await listen(storage);

  const changes = pushRoutes(models, faults.push ?? {});
  const hub = createServer(async (request, response) => {
    note(request);
    if (await changes(request, response).catch(() => true)) return; // its sender has gone
    const path = decodeURIComponent(request.url!);
    const asking = /^\/api\/(?:models\/)?(.+?)\/(revision|tree)\/(.+?)(\?.*)?$/;
    const [, name, , asked] = asking.exec(path) ?? [];
    const [, ofFile, revision, file] = /^\/(.+?)\/resolve\/([^/]+|refs\/pr\/\d+)\/(.+)$/.exec(path) ?? [];
    const [, asWhole] = /^\/api\/models\/([^/]+\/[^/]+)$/.exec(path) ?? [];
    const model = models[(name ?? ofFile ?? asWhole)!];
    const isKnown = request.headers.authorization === `Bearer ${TOKEN}`;
    if (!model || (model.access === "private" && !isKnown)) return refuse(response, 401, "RepoNotFound");
    if (asWhole !== undefined)
      return void response.end(JSON.stringify({ id: asWhole, private: model.access === "private" }));
    if (!["main", "refs/pr/1", model.commit, ...(model.tags ?? [])].includes((asked ?? revision)!))
      return refuse(response, 404, "RevisionNotFound");
    if (name !== undefined) return answer(path, model, response);
    if (model.access === "gated" && !isKnown) return refuse(response, 403, "GatedRepo");
    const content = model.files[file!];
    if (content === undefined) return refuse(response, 404, "EntryNotFound");
    const etag = isLarge(file!) ? sha256Of(content) : gitHashOf(content);
    response.setHeader("x-repo-commit", model.commit);
    if (!isLarge(file!)) return send(content, request, response.setHeader("etag", `"${etag}"`));
    const { port } = storage.address() as AddressInfo;
    response.writeHead(302, {
      location: `http://localhost:${port}/storage/${etag}`,
      "x-linked-etag": `"${etag}"`,
      "x-linked-size": content.length,
    });
    response.end();
  });

  function answer(path: string, { commit, files }: HubModel, response: ServerResponse): void {
    const status = faults.questions?.shift();
    if (status !== undefined) return void response.writeHead(status).end();
    const listed = Object.entries(files).map(([name, content]) => ({
      name,
      size: content.length,
      oid: gitHashOf(content),
      ...(isLarge(name) && { lfs: { sha256: sha256Of(content), size: content.length, pointerSize: 134 } }),
    }));
    const body = path.includes("/tree/")
      ? listed.map(({ name, lfs, ...file }) => {
          return { type: "file", path: name, ...file, ...(lfs && { lfs: { ...lfs, oid: lfs.sha256 } }) };
        })
      : {
          ...{ id: "", _id: "", sha: commit, private: false, tags: [], downloads: 0, likes: 0 },
          siblings: listed.map(({ name, oid, ...file }) => ({ rfilename: name, blobId: oid, ...file })),
        };
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
  }

  function send(right: Buffer, { method, headers }: IncomingMessage, response: ServerResponse): void {
    const isRead = method === "GET";
    const status = isRead ? faults.statuses?.shift() : undefined;
    if (status !== undefined && status !== 200) return void response.writeHead(status).end();
    const content = (isRead && faults.contents?.shift()) || right;
    const from = /^bytes=(\d+)-/.exec(headers.range ?? "")?.[1];
    const start = Number(from ?? 0);
    if (from !== undefined && start >= content.length) return void response.writeHead(416).end();
    const rest = content.subarray(start);
    const cut = isRead ? faults.cuts?.shift() : undefined;
    response.writeHead(from === undefined ? 200 : 206, {
      "content-length": rest.length + ((isRead && faults.lengths?.shift()) || 0),
      ...(from && { "content-range": `bytes ${start}-${content.length - 1}/${content.length}` }),
    });
    if (!isRead) return void response.end();
    if (cut === undefined) response.end(rest);
    else response.write(rest.subarray(0, cut), () => setTimeout(() => response.destroy(), 50));
  }

  await listen(hub);
  const stop = () => {
    for (const server of [hub, storage]) {
      server.close();
      server.closeAllConnections();
    }
  };
  const { port } = hub.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, requests, authorizations, stop };
}

function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { "x-error-code": code, "x-error-message": "no" }).end();
}

async function listen(server: Server): Promise<void> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
}
