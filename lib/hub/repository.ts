import { randomUUID } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";
import {
  blobName,
  type Commit,
  type HubFile,
  isCommit,
  type Listing,
  parseStored,
  storedText,
} from "./listing.js";
import type { Wanted } from "./refusals.js";

/**
 * What the cache has of a model or a data set, as Python's huggingface_hub lays it out: contents in `blobs/`, by their hash; in
 * `snapshots/<commit>/` symbolic links to them; in `refs/` the commit that a branch was at; in `trees/` the files of a commit.
 */
export interface Repository {
  folder: string;
  /** Where whoever writes there takes a lock. */
  lockFolder: string;
}

export function repositoryOf(cache: string, { kind, name }: Pick<Wanted, "kind" | "name">): Repository {
  const folderName = `${kind}s--${name.replace("/", "--")}`;
  return { folder: join(cache, folderName), lockFolder: join(cache, ".locks", folderName) };
}

export function snapshotFolder({ folder }: Repository, commit: string): string {
  return join(folder, "snapshots", commit);
}

export function blobPath({ folder }: Repository, file: HubFile): string {
  return join(folder, "blobs", blobName(file));
}

/** The commit that a branch or a tag was at when it was last asked for; undefined where a crash left no commit there. */
export function storedCommit(repository: Repository, revision: string): string | undefined {
  const commit = textOf(refPath(repository, revision))?.trim() ?? "";
  return isCommit(commit) ? commit : undefined;
}

export function storeCommit(repository: Repository, revision: string, commit: string): void {
  if (storedCommit(repository, revision) !== commit) writeWhole(refPath(repository, revision), commit);
}

/** Undefined where there is none that can be read: whoever fetched file by file has stored none. */
export function storedListing(repository: Repository, commit: string): Listing | undefined {
  return parseStored(textOf(treePath(repository, commit)) ?? "");
}

/** One that is there stays: Python's says more. */
export function storeListing(repository: Repository, { id, listing }: Commit): void {
  if (storedListing(repository, id)) return;
  writeWhole(treePath(repository, id), storedText(listing));
}

/** Whether a commit's file is there, whole as far as its length tells. */
export function hasFile(repository: Repository, commit: string, { path, size }: HubFile): boolean {
  return sizeOf(join(snapshotFolder(repository, commit), path)) === size;
}

/** Whether Python has asked for a file that the commit does not have. */
export function isKnownToLack({ folder }: Repository, commit: string, path: string): boolean {
  return existsSync(join(folder, ".no_exist", commit, path));
}

export function hasBlob(repository: Repository, file: HubFile): boolean {
  return sizeOf(blobPath(repository, file)) === file.size;
}

/** Makes a commit's file a link to its content, relative, so that the cache can be moved. */
export function linkFile(repository: Repository, commit: string, file: HubFile): void {
  const link = join(snapshotFolder(repository, commit), file.path);
  const target = relative(dirname(link), blobPath(repository, file));
  if (targetOf(link) === target) return;
  mkdirSync(dirname(link), { recursive: true });
  const draft = `${link}.${process.pid}.tmp`;
  rmSync(draft, { force: true });
  symlinkSync(target, draft);
  renameSync(draft, link);
}

function refPath({ folder }: Repository, revision: string): string {
  return join(folder, "refs", revision);
}

function treePath({ folder }: Repository, commit: string): string {
  return join(folder, "trees", `${commit}.json`);
}

/** For readers who take no lock. */
function writeWhole(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${randomUUID()}.tmp`; // process numbers are alike in containers that share a cache
  writeFileSync(draft, text);
  renameSync(draft, path);
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function targetOf(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch {
    return undefined;
  }
}

function sizeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size;
}
