import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type DirectoryLock, isOfLock, lockDirectory } from "../../files/directory-lock.js";
import { writeError } from "../../files/write-error.js";
import { cacheFolder } from "../paths.js";

const downloads = (): string => join(cacheFolder(), "downloads");

/**
 * Reserves the cache for whoever fetches LibTorch into it, in whichever container: others wait until that is over.
 * @throws LibbertError `ERR_RUNTIME` where the cache cannot be written to
 */
export async function lockDownloads(): Promise<DirectoryLock> {
  const option = "LIBBERT_CACHE";
  try {
    mkdirSync(downloads(), { recursive: true });
    return await lockDirectory(downloads(), { option, purpose: "download" });
  } catch (error) {
    throw writeError("LibTorch", cacheFolder(), option, error);
  }
}

/** Where a wheel goes that is not whole; what an earlier fetch has left of it is there. For whoever has the lock. */
export function partialWheel(sha256: string): string {
  return join(downloads(), `${sha256}.incomplete`);
}

/** Removes what earlier fetches have left of wheels that they never had whole. For whoever has the lock. */
export function removePartialWheels(): void {
  for (const name of readdirSync(downloads())) {
    if (!isOfLock(name)) rmSync(join(downloads(), name), { force: true });
  }
}
