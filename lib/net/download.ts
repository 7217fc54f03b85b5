import { createWriteStream, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { LibbertError } from "../errors.js";
import { gitHashOfFile, sha256OfFile } from "../files/file-hash.js";
import { reasonOf } from "../files/write-error.js";
import { shown } from "./address.js";
import { persistently } from "./persistently.js";
import { ConnectionLost, request } from "./request.js";

/** How a file's content is known: by its SHA-256, or as git names it. */
export type HashKind = "sha256" | "git-sha1";

/** A file whose content is known by its hash. */
export interface Download {
  url: URL;
  /** What messages call it. */
  file: string;
  hash: { kind: HashKind; value: string };
  /** In bytes, where it is known beforehand. */
  size?: number;
  /** For whoever may read it. */
  token?: string | undefined;
}

export interface DownloadCall {
  /** Is told how many bytes are there, of how many, where that is known. */
  onProgress: (loaded: number, total: number) => void;
  signal?: AbortSignal | undefined;
}

/**
 * Fetches a file to a path, going on where a connection broke off, in this process or in one before it.
 * @throws LibbertError `ERR_RUNTIME`: a server that cannot be reached or refuses, a full disk, another length or hash, which
 *   leave nothing at the path. The signal's reason
 */
export async function download(wanted: Download, path: string, call: DownloadCall): Promise<void> {
  const size = () => sizeOf(path);
  if (size() > (wanted.size ?? size())) rmSync(path);
  await persistently(() => receive(wanted, path, call), { size, signal: call.signal });
  const { kind, value } = wanted.hash;
  const received = await (kind === "sha256" ? sha256OfFile(path) : gitHashOfFile(path));
  if (received !== value) throw removed(path, wanted, `${kind} ${value}`, received);
}

/** Appends what is missing of a file. A server that cannot begin in the middle sends all of it again. */
async function receive(wanted: Download, path: string, { onProgress, signal }: DownloadCall): Promise<void> {
  const { url, file, token, size } = wanted;
  if (sizeOf(path) === size) return;
  const { start, length, content } = await request(url, { from: sizeOf(path), token, signal });
  const total = size ?? (length === undefined ? undefined : start + length);
  let there = start;
  async function* counted() {
    for await (const chunk of content) {
      there += chunk.length;
      if (there > (size ?? there)) throw removed(path, wanted, `${size} bytes`, "more");
      if (total !== undefined) onProgress(there, total);
      yield chunk;
    }
  }
  try {
    writeFileSync(path, "", { flag: "a" });
    truncateSync(path, start);
    await pipeline(counted(), createWriteStream(path, { flags: "a" }));
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof ConnectionLost || error instanceof LibbertError) throw error;
    throw new LibbertError(
      "ERR_RUNTIME",
      `Expected to write ${file} to ${dirname(path)} but received ${reasonOf(error)}`,
      { cause: error },
    );
  }
  if (there < (size ?? there))
    throw new ConnectionLost(`Expected ${size} bytes from ${shown(url)} but received ${there}`);
}

/** The error for what is not the file that was wanted, which goes. */
function removed(path: string, { url }: Download, what: string, received: string): LibbertError {
  rmSync(path, { force: true });
  return new LibbertError("ERR_RUNTIME", `Expected ${what} for ${shown(url)} but received ${received}`);
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
