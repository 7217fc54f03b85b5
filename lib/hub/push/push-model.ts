import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { expected, LibbertError } from "../../errors.js";
import { sha256OfFile } from "../../files/file-hash.js";
import { CARD } from "../../files/model-files.js";
import { versionOf } from "../../files/settled-directory.js";
import { shownText } from "../../net/address.js";
import { persistently } from "../../net/persistently.js";
import { Refused, request } from "../../net/request.js";
import { askForListing, fileAddress } from "../ask.js";
import type { Commit } from "../listing.js";
import { isSame, type LocalFile, modelFilesIn, replacedPaths } from "./local-files.js";
import {
  type Changes,
  createBranch,
  createRepository,
  isPrivate,
  largeFiles,
  makeCommit,
  uploadPlan,
} from "./protocol.js";
import type { Push } from "./push.js";
import { refusedPush, withoutToken } from "./refusals.js";
import { type LargeFile, upload } from "./upload.js";

/** A model on the Hub. */
export interface PushedModel {
  /** Where people find it. */
  url: string;
  /** The commit that has it; of before where nothing was to be changed. */
  commit: string;
}

/**
 * Brings a model's folder to the Hub, in one commit: the files that differ there, and away with those of another model.
 *
 * @param isGenerated whether the text of a card is one that may be lost
 * @throws LibbertError ERR_OPTION for what the Hub does not allow; ERR_CHECKPOINT for a folder without a model; ERR_RUNTIME for a
 *   connection that fails, and for a folder that changes meanwhile; the signal's reason
 */
export async function pushModel(
  folder: string,
  push: Push,
  isGenerated: (card: string) => boolean,
): Promise<PushedModel> {
  const files = modelFilesIn(folder);
  const version = versionOf(folder);
  const { name, revision } = push.wanted;
  const { signal } = push.call;
  if (push.hub.token === undefined) throw withoutToken(name);
  try {
    await prepareRepository(push);
    const attempt = () => pushOnce(push, files, isGenerated, () => checkUnchanged(folder, version));
    const commit = await persistently(attempt, { signal });
    const tree = revision === "main" ? "" : `/tree/${revision}`;
    return { url: `${shownText(push.hub.endpoint)}/${name}${tree}`, commit };
  } catch (error) {
    signal?.throwIfAborted();
    throw error instanceof Refused ? refusedPush(push, error) : error;
  }
}

/** The repository and its branch are there then. A pull request, `refs/pr/1`, cannot be made as a branch is. */
async function prepareRepository(push: Push): Promise<void> {
  const { name, revision } = push.wanted;
  const isNew = await isNewRepository(push);
  if (!isNew && push.isPrivate === true && !(await isPrivate(push)))
    throw expected(`no value, as everybody may read ${name}, which is there already,`, "private", true);
  if (revision !== "main" && !revision.startsWith("refs/")) await createBranch(push);
}

/** A token that may make none may yet write to one that is there. */
async function isNewRepository(push: Push): Promise<boolean> {
  try {
    return await createRepository(push);
  } catch (refusal) {
    if (!(refusal instanceof Refused && refusal.status === 403)) throw refusal;
    await isPrivate(push).catch((error) => {
      throw error instanceof Refused ? refusal : error;
    });
    return false;
  }
}

/** Compares, sends and commits. Where the answer to a commit is lost, the next try finds what it did. */
async function pushOnce(
  push: Push,
  files: readonly LocalFile[],
  isGenerated: (card: string) => boolean,
  check: () => void,
): Promise<string> {
  const { signal } = push.call;
  const there = await persistently(() => askForListing(push.hub, push.wanted, signal), { signal });
  const sent = await differing(push, files, there, isGenerated);
  const deleted = replacedPaths(there.listing.keys(), files, sent);
  if (sent.length === 0 && deleted.length === 0) return there.id;
  const changes = { ...(await uploaded(push, sent)), deleted };
  check();
  return makeCommit(push, there.id, changes);
}

/** The files that are not on the Hub as they are here. A generated card does not take the place of one that somebody wrote. */
async function differing(
  push: Push,
  files: readonly LocalFile[],
  there: Commit,
  isGenerated: (card: string) => boolean,
): Promise<LocalFile[]> {
  const sent: LocalFile[] = [];
  for (const file of files) {
    push.call.signal?.throwIfAborted();
    const remote = there.listing.get(file.path);
    if (await isSame(file, remote)) continue;
    const isKept =
      file.path === CARD && remote !== undefined && (await keepsCard(push, file, there, isGenerated));
    if (!isKept) sent.push(file);
  }
  return sent;
}

/** Longer than cards are. */
const LONGEST_CARD = 2 ** 22;

async function keepsCard(
  { hub, wanted, call: { signal } }: Push,
  { file, size }: LocalFile,
  there: Commit,
  isGenerated: (card: string) => boolean,
): Promise<boolean> {
  if (size > LONGEST_CARD || !isGenerated(readFileSync(file, "utf8"))) return false;
  if (there.listing.get(CARD)!.size > LONGEST_CARD) return true;
  const url = fileAddress(hub, wanted, there.id, CARD);
  const question = async () => text((await request(url, { token: hub.token, signal })).content);
  return !isGenerated(await persistently(question, { signal }));
}

/** Sends the content of those files that the Hub calls large. */
async function uploaded(push: Push, files: readonly LocalFile[]): Promise<Pick<Changes, "small" | "large">> {
  if (files.length === 0) return { small: [], large: [] };
  const isLarge = await largeFiles(push, files);
  const large: LargeFile[] = [];
  for (const file of files.filter(({ path }) => isLarge.has(path))) {
    const hashed = { ...file, sha256: await sha256OfFile(file.file) };
    const plan = await uploadPlan(push, hashed.sha256, file.size);
    if (plan) await upload(push, hashed, plan);
    large.push(hashed);
  }
  return { small: files.filter(({ path }) => !isLarge.has(path)), large };
}

/** What was compared and sent has to be one model. */
function checkUnchanged(folder: string, version: string): void {
  if (versionOf(folder) === version) return;
  const message = `Expected the files in ${folder} to stay as they are while they are sent but some have changed; nothing was committed`;
  throw new LibbertError("ERR_RUNTIME", message, { option: "model" });
}
