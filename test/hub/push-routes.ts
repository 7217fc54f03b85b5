import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { type HubModel, isLarge, newCommit, sha256Of, TOKEN } from "./hub-model.js";

/** What goes wrong with what is sent, for one request of a kind after the other; then all goes well. */
export interface PushFaults {
  /** Statuses of answers, by what the path has in it; 0 cuts the connection before anything is done, 1 after it was. */
  answers?: Record<string, number[]>;
  /** Bytes of a part, where large files are sent in parts. */
  partSize?: number;
  /** Is called before a commit: somebody else may make one. */
  beforeCommit?: () => void;
  /** What the repository's .gitignore leaves out. */
  ignored?: string[];
}

const JSON_TYPE = { "content-type": "application/json" };

/** The Hub's routes that change something, for models in memory. */
export function pushRoutes(models: Record<string, HubModel>, faults: PushFaults) {
  const contents = new Map<string, Buffer>();
  const parts = new Map<string, Buffer>();

  /** Whether it was one of these routes. */
  return async (request: IncomingMessage, response: ServerResponse): Promise<boolean> => {
    const { method, headers } = request;
    const path = decodeURIComponent(request.url!).replace(/\?.*$/, "");
    if (method !== "POST" && method !== "PUT") return false;
    const body = await buffer(request);
    const kind = Object.keys(faults.answers ?? {}).find((one) => path.includes(one));
    const status = kind === undefined ? undefined : faults.answers![kind]!.shift();
    if (status === 0) return !!response.destroy();
    if (status !== undefined && status > 1) {
      response.writeHead(status, { ...JSON_TYPE, "retry-after": "0" });
      return !!response.end(JSON.stringify({ error: `no: ${headers.authorization ?? ""}` }));
    }
    const answer = (code: number, value: object, more = {}) => {
      if (status === 1) response.destroy();
      else response.writeHead(code, { ...JSON_TYPE, ...more }).end(JSON.stringify(value));
      return true;
    };
    const [, oid, part] = /^\/(?:storage|parts|verify)\/([0-9a-f]{64})(?:\/(\d+))?$/.exec(path) ?? [];
    if (method === "PUT") {
      if (headers.authorization !== undefined) return answer(400, { error: "a token for the storage" });
      if (part !== undefined) parts.set(`${oid}/${part}`, body);
      else if (sha256Of(body) === oid) contents.set(oid, body);
      else return answer(400, { error: "another content" });
      return answer(200, {}, { etag: `"${createHash("md5").update(body).digest("hex")}"` });
    }
    if (path.startsWith("/parts/")) {
      const all = JSON.parse(body.toString()).parts as { partNumber: number }[];
      const whole = Buffer.concat(all.map(({ partNumber }) => parts.get(`${oid}/${partNumber}`)!));
      if (sha256Of(whole) !== oid) return answer(400, { error: "other parts" });
      contents.set(oid!, whole);
      return answer(200, {});
    }
    if (headers.authorization !== `Bearer ${TOKEN}`) return answer(401, { error: "Invalid credentials" });
    if (path.startsWith("/verify/")) return answer(contents.has(oid!) ? 200 : 404, {});
    if (path === "/api/validate-yaml") return answer(200, { errors: [], warnings: [] });
    if (path === "/api/repos/create") return create(JSON.parse(body.toString()));
    const [, name, action, branch] =
      /^\/(?:api\/models\/)?([^/]+\/[^/]+?)(?:\.git)?\/(branch|preupload|commit|info)\/(.+)$/.exec(path) ??
      [];
    const model = models[name!];
    if (model === undefined) return answer(404, { error: "Repository not found" });
    if (action === "branch") return makeBranch(branch!);
    if (action === "info") return batch(JSON.parse(body.toString()).objects);
    if (!["main", ...(model.tags ?? [])].includes(branch!)) return answer(404, { error: "Invalid rev id" });
    if (action === "preupload") return preupload(JSON.parse(body.toString()).files);
    faults.beforeCommit?.();
    return commit(
      body
        .toString()
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
    );

    function create({ organization, name: own, visibility }: Record<string, string>): boolean {
      const whole = `${organization}/${own}`;
      const url = `http://${headers.host}/${whole}`;
      if (models[whole]) return answer(409, { error: "You already created this model repo", url });
      const attributes = Buffer.from("*.safetensors filter=lfs diff=lfs merge=lfs -text\n");
      models[whole] = {
        ...{ commit: newCommit(), files: { ".gitattributes": attributes } },
        access: visibility === "private" ? "private" : "all",
      };
      return answer(200, { url, name: whole, id: whole });
    }

    function makeBranch(named: string): boolean {
      if (model!.tags?.includes(named)) return answer(409, { error: "Reference already exists" });
      model!.tags = [...(model!.tags ?? []), named];
      return answer(201, {});
    }

    function preupload(files: { path: string; size: number; sample: string }[]): boolean {
      return answer(200, {
        files: files.map(({ path: file }) => ({
          ...{ path: file, uploadMode: isLarge(file) ? "lfs" : "regular" },
          ...{ shouldIgnore: faults.ignored?.includes(file) ?? false, oid: null },
        })),
      });
    }

    function batch(objects: { oid: string; size: number }[]): boolean {
      const at = (place: string) => `http://${headers.host}/${place}`;
      const actionsOf = ({ oid: one, size }: { oid: string; size: number }) => {
        const count = Math.ceil(size / (faults.partSize ?? size));
        const numbers = Array.from({ length: count }, (_, index) => String(index + 1));
        const addresses = numbers.map((number) => [number, at(`parts/${one}/${number}?signature=secret`)]);
        const header = { chunk_size: String(faults.partSize), ...Object.fromEntries(addresses) };
        return {
          upload:
            faults.partSize === undefined
              ? { href: at(`storage/${one}?signature=secret`) }
              : { href: at(`parts/${one}`), header },
          verify: { href: at(`verify/${one}`) },
        };
      };
      return answer(200, {
        transfer: "basic",
        objects: objects.map((one) => (contents.has(one.oid) ? one : { ...one, actions: actionsOf(one) })),
      });
    }

    function commit([header, ...lines]: { key: string; value: Record<string, string> }[]): boolean {
      const { parentCommit } = header!.value;
      if (parentCommit !== undefined && parentCommit !== model!.commit)
        return answer(412, { error: "A commit has happened since. Please refresh and try again." });
      const files = { ...model!.files };
      for (const { key, value } of lines) {
        if (key === "file") files[value.path!] = Buffer.from(value.content!, "base64");
        else if (key === "lfsFile" && contents.has(value.oid!))
          files[value.path!] = contents.get(value.oid!)!;
        else if (key === "deletedFile" && files[value.path!]) delete files[value.path!];
        else return answer(400, { error: `Bad line ${key} of ${value.path}` });
      }
      Object.assign(model!, { files, commit: newCommit(), message: header!.value.summary });
      return answer(200, {
        success: true,
        commitOid: model!.commit,
        commitUrl: `http://${headers.host}/${name}/commit/${model!.commit}`,
      });
    }
  };
}
