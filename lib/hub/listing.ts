import { z } from "zod";
import { isInside } from "../files/inside.js";

/** A file of a commit. */
export interface HubFile {
  /** In the repository. */
  path: string;
  size: number;
  /** As git names its content, or of a large file the pointer to it. */
  gitHash: string;
  /** Of a large file, which Git LFS keeps. */
  sha256?: string | undefined;
}

/** What the content of a file is called in the cache. */
export function blobName({ sha256, gitHash }: HubFile): string {
  return sha256 ?? gitHash;
}

/** All files of a commit, by their path. */
export type Listing = ReadonlyMap<string, HubFile>;

export interface Commit {
  /** Its hash. */
  id: string;
  listing: Listing;
}

/** Whether a revision is a commit itself, which never changes. */
export function isCommit(revision: string): boolean {
  return COMMIT.test(revision);
}

const COMMIT = /^[0-9a-f]{40}$/;
const size = z.int().min(0);
const gitHash = z.string().regex(COMMIT);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const path = z.string().refine(isInside);

/** What the Hub answers about a revision, as far as it is read. */
const answerSchema = z.object({
  sha: gitHash,
  siblings: z.array(
    z.object({ rfilename: path, size, blobId: gitHash, lfs: z.object({ sha256, size }).nullish() }),
  ),
});

/** A commit and its files; undefined for an answer that does not say them. */
export function parseAnswer(text: string): Commit | undefined {
  const answer = answerSchema.safeParse(jsonOf(text)).data;
  if (answer === undefined) return undefined;
  const files = answer.siblings.map(({ rfilename, blobId, lfs, ...file }) => {
    return { path: rfilename, size: lfs?.size ?? file.size, gitHash: blobId, sha256: lfs?.sha256 };
  });
  return { id: answer.sha, listing: listingOf(files) };
}

/** How huggingface_hub stores a listing: `trees/<commit>.json`. */
const storedSchema = z.object({
  format_version: z.literal(1),
  files: z.record(
    path,
    z.object({ size, blob_id: gitHash, lfs_sha256: sha256.optional(), lfs_size: size.optional() }),
  ),
});

/** Undefined for a form that is another version's. */
export function parseStored(text: string): Listing | undefined {
  const stored = storedSchema.safeParse(jsonOf(text)).data;
  if (stored === undefined) return undefined;
  const files = Object.entries(stored.files).map(([path, { lfs_size, lfs_sha256, ...file }]) => {
    return { path, size: lfs_size ?? file.size, gitHash: file.blob_id, sha256: lfs_sha256 };
  });
  return listingOf(files);
}

export function storedText(listing: Listing): string {
  const files = [...listing.values()].map(({ path, size, gitHash, sha256 }) => {
    const large = sha256 !== undefined && { lfs_sha256: sha256, lfs_size: size };
    return [path, { size, blob_id: gitHash, ...large }] as const;
  });
  const form: z.input<typeof storedSchema> = { format_version: 1, files: Object.fromEntries(files) };
  return JSON.stringify(form, null, 1);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function listingOf(files: readonly HubFile[]): Listing {
  return new Map(files.map((file) => [file.path, file]));
}
