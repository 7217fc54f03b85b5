import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { text as textOf } from "node:stream/consumers";
import { z } from "zod";
import { LibbertError } from "../../errors.js";
import { persistently } from "../../net/persistently.js";
import { ConnectionLost, Refused, request } from "../../net/request.js";
import { type Answer, type Message, send } from "../../net/send.js";
import { addressOf, otherAnswer } from "../ask.js";
import type { LocalFile } from "./local-files.js";
import type { Push } from "./push.js";

const JSON_TYPE = "application/json";
const LFS_TYPE = "application/vnd.git-lfs+json";

/** Makes the repository, unless there is one. @returns whether it is new */
export async function createRepository(push: Push): Promise<boolean> {
  const [organization, name] = push.wanted.name.split("/");
  const visibility = push.isPrivate ? { visibility: "private" } : {};
  return unlessThere(post(push, "api/repos/create", { type: "model", organization, name, ...visibility }));
}

/** Whether a repository that was there is private. */
export async function isPrivate({ hub, wanted, call: { signal } }: Push): Promise<boolean> {
  const url = addressOf(hub.endpoint, `api/models/${wanted.name}`);
  const question = async () => textOf((await request(url, { token: hub.token, signal })).content);
  return parsed(z.object({ private: z.boolean() }), await persistently(question, { signal }), url).private;
}

/** Makes the branch, unless there is one. */
export async function createBranch(push: Push): Promise<void> {
  const { name, revision } = push.wanted;
  await unlessThere(post(push, `api/models/${name}/branch/${encodeURIComponent(revision)}`, {}));
}

/** HTTP 409 says that there is one. */
async function unlessThere(making: Promise<unknown>): Promise<boolean> {
  try {
    await making;
    return true;
  } catch (error) {
    if (error instanceof Refused && error.status === 409) return false;
    throw error;
  }
}

const modesSchema = z.object({
  files: z.array(
    z.object({
      path: z.string(),
      uploadMode: z.enum(["lfs", "regular"]),
      shouldIgnore: z.boolean().optional(),
    }),
  ),
});

/** Bytes of a file by which the Hub tells text from other content. */
const SAMPLE = 512;

/** The paths of the files that Git LFS is to keep, as the Hub says. @throws ERR_RUNTIME for one that the repository ignores */
export async function largeFiles(push: Push, files: readonly LocalFile[]): Promise<Set<string>> {
  const asked = files.map(({ path, file, size }) => ({ path, size, sample: sampleOf(file) }));
  const { name, revision } = push.wanted;
  const path = `api/models/${name}/preupload/${encodeURIComponent(revision)}`;
  const answer = parsed(
    modesSchema,
    await post(push, path, { files: asked }),
    addressOf(push.hub.endpoint, path),
  );
  const ignored = answer.files.find(({ shouldIgnore }) => shouldIgnore);
  if (ignored) throw ignoredFile(ignored.path, name);
  const sizes = new Map(files.map(({ path, size }) => [path, size]));
  const large = answer.files.filter(({ path, uploadMode }) => uploadMode === "lfs" && sizes.get(path) !== 0);
  return new Set(large.map(({ path }) => path));
}

function sampleOf(file: string): string {
  const opened = openSync(file, "r");
  try {
    const sample = Buffer.alloc(SAMPLE);
    return sample.subarray(0, readSync(opened, sample)).toString("base64");
  } finally {
    closeSync(opened);
  }
}

const action = z.object({ href: z.string(), header: z.record(z.string(), z.unknown()).nullish() });
const batchSchema = z.object({
  objects: z.array(
    z.object({
      oid: z.string(),
      actions: z.object({ upload: action.nullish(), verify: action.nullish() }).nullish(),
      error: z.object({ message: z.string() }).nullish(),
    }),
  ),
});

/** Where a large file's content is to be sent to. */
export type UploadAction = z.output<typeof action>;
export interface UploadPlan {
  upload: UploadAction;
  verify: UploadAction | undefined;
}

/** How the content with a hash gets to the storage of large files; undefined where it is there. */
export async function uploadPlan(push: Push, oid: string, size: number): Promise<UploadPlan | undefined> {
  const { name, revision } = push.wanted;
  const path = `${name}.git/info/lfs/objects/batch`;
  const question = {
    ...{ operation: "upload", transfers: ["basic", "multipart"], hash_algo: "sha256" },
    ...{ objects: [{ oid, size }], ref: { name: revision } },
  };
  const url = addressOf(push.hub.endpoint, path);
  const answer = parsed(batchSchema, await post(push, path, question, LFS_TYPE), url);
  const object = answer.objects.find((one) => one.oid === oid);
  if (object === undefined) throw otherAnswer(`where ${oid} goes`, url, "another answer");
  if (object.error) throw otherAnswer(`where ${oid} goes`, url, object.error.message);
  const { upload, verify } = object.actions ?? {};
  return upload ? { upload, verify: verify ?? undefined } : undefined;
}

/** What a commit changes. */
export interface Changes {
  /** In the commit itself. */
  small: readonly LocalFile[];
  /** By their hashes: their content is at the Hub. */
  large: readonly (LocalFile & { sha256: string })[];
  deleted: readonly string[];
}

/**
 * Makes a commit on top of another one.
 * @throws ConnectionLost where it may be tried again: no answer came, or somebody else's commit came first
 */
export async function makeCommit(push: Push, parent: string, changes: Changes): Promise<string> {
  const { name, revision } = push.wanted;
  const url = addressOf(push.hub.endpoint, `api/models/${name}/commit/${encodeURIComponent(revision)}`);
  const body = [...commitLines(push.message, parent, changes)].join("");
  try {
    const answer = await send(url, messageOf(push, body, "application/x-ndjson"));
    return parsed(z.object({ commitOid: z.string().regex(/^[0-9a-f]{40}$/) }), answer.text, url).commitOid;
  } catch (error) {
    const isRace = error instanceof Refused && [409, 412].includes(error.status);
    throw isRace ? new ConnectionLost(error.message) : error;
  }
}

function* commitLines(
  summary: string,
  parentCommit: string,
  { small, large, deleted }: Changes,
): Generator<string> {
  const line = (key: string, value: object) => `${JSON.stringify({ key, value })}\n`;
  yield line("header", { summary, description: "", parentCommit });
  for (const { path, file } of small)
    yield line("file", { path, encoding: "base64", content: readFileSync(file).toString("base64") });
  for (const { path, sha256, size } of large)
    yield line("lfsFile", { path, algo: "sha256", oid: sha256, size });
  for (const path of deleted) yield line("deletedFile", { path });
}

/** Asks again where a try may help: none of these questions changes anything twice. */
async function post(push: Push, path: string, body: object, type = JSON_TYPE): Promise<string> {
  const url = addressOf(push.hub.endpoint, path);
  const message = messageOf(push, JSON.stringify(body), type);
  const { text } = await persistently<Answer>(() => send(url, message), { signal: push.call.signal });
  return text;
}

function messageOf({ hub, call }: Push, body: string, type: string): Message {
  return { method: "POST", type, body, token: hub.token, signal: call.signal };
}

/** What an answer says. @throws ERR_RUNTIME for one in another form */
function parsed<Schema extends z.ZodType>(schema: Schema, text: string, url: URL): z.output<Schema> {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    throw otherAnswer("the Hub's form of an answer", url, "another one");
  }
}

function ignoredFile(path: string, name: string): LibbertError {
  const message = `Expected a repository that takes all files of a model for repository but the .gitignore of ${name} leaves out ${path}`;
  return new LibbertError("ERR_RUNTIME", message, { option: "repository" });
}
