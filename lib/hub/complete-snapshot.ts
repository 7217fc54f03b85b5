import { mkdirSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";
import { LibbertError } from "../errors.js";
import { lockDirectory } from "../files/directory-lock.js";
import { flush } from "../files/flush.js";
import { writeError } from "../files/write-error.js";
import { download } from "../net/download.js";
import { Refused } from "../net/request.js";
import { fileAddress } from "./ask.js";
import type { Commit, HubFile } from "./listing.js";
import type { Pull } from "./pull.js";
import { refusedByHub } from "./refusals.js";
import {
  blobPath,
  hasBlob,
  hasFile,
  linkFile,
  snapshotFolder,
  storeCommit,
  storeListing,
} from "./repository.js";

/**
 * Fetches what the cache lacks of a commit. One process at a time does so for a model or a data set; the others wait, and find it there.
 * To a cache that lacks nothing, only the listing is written where it has none, and a commit that the revision has gone on to.
 */
export async function completeSnapshot(pull: Pull, commit: Commit): Promise<void> {
  const { wanted, needed, hub, repository, call } = pull;
  needed.check(commit);
  const isWhole = needed.missing(repository, commit).length === 0;
  try {
    if (isWhole) storeListing(repository, commit);
    else await fetchMissing(pull, commit);
    if (wanted.revision !== commit.id) storeCommit(repository, wanted.revision, commit.id);
  } catch (error) {
    call.signal?.throwIfAborted();
    if (error instanceof Refused) throw refusedByHub(wanted, hub, error);
    if (!isWhole) throw writeError(`the files of ${wanted.name}`, hub.cache, "cacheDir", error);
  }
}

async function fetchMissing(pull: Pull, commit: Commit): Promise<void> {
  const { needed, repository, call } = pull;
  const { lockFolder } = repository;
  mkdirSync(lockFolder, { recursive: true });
  using _lock = await lockDirectory(lockFolder, {
    option: "cacheDir",
    purpose: "download",
    ...(call.signal && { signal: call.signal }),
  });
  storeListing(repository, commit); // first: a snapshot that is cut off is then known to lack files
  for (;;) {
    const missing = needed.missing(repository, commit);
    if (missing.length === 0) return;
    for (const file of [...missing, ...needed.beside(repository, commit)]) await bring(pull, commit, file);
  }
}

async function bring({ wanted, hub, repository, call }: Pull, { id }: Commit, file: HubFile): Promise<void> {
  const { onProgress, signal } = call;
  if (!hasBlob(repository, file)) {
    const { path, size, sha256, gitHash } = file;
    const blob = blobPath(repository, file);
    const partial = `${blob}.libbert.incomplete`;
    const hash = sha256
      ? { kind: "sha256" as const, value: sha256 }
      : { kind: "git-sha1" as const, value: gitHash };
    mkdirSync(dirname(blob), { recursive: true });
    await download(
      { url: fileAddress(hub, wanted, id, path), file: path, size, hash, token: hub.token },
      partial,
      {
        onProgress: (loaded, total) => onProgress?.({ type: "download", file: path, loaded, total }),
        signal,
      },
    );
    flush(partial);
    renameSync(partial, blob);
  }
  linkFile(repository, id, file);
  if (hasFile(repository, id, file)) return;
  const link = join(snapshotFolder(repository, id), file.path);
  const message = `Expected a link to the content of ${file.path} at ${link} but received one that leads elsewhere, as in a folder that is a link itself`;
  throw new LibbertError("ERR_RUNTIME", message, { option: "cacheDir" });
}
