import {
  createWriteStream,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
} from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { setTimeout as delay } from "node:timers/promises";
import { LibbertError } from "../../errors.js";
import { sha256OfFile } from "../../files/file-hash.js";
import { reasonOf } from "../../files/write-error.js";
import { cacheFolder } from "../paths.js";
import { ConnectionLost, request, shown } from "./request.js";

/** A file whose content is known by its hash. */
export interface Download {
  url: URL;
  file: string;
  sha256: string;
}

const TRIES = 5; // in a row that bring nothing
const FIRST_PAUSE = 500; // milliseconds; doubled after each of them

const downloads = (): string => join(cacheFolder(), "downloads");

/**
 * Fetches a file, going on where a connection broke off, now or in a process that is gone.
 * @param onProgress is told the share that is there, from 0 to 1, where the length is known.
 * @returns its path; it is the caller's to remove.
 * @throws LibbertError `ERR_RUNTIME`: a server that cannot be reached or refuses, a full disk, another hash
 */
export async function download(wanted: Download, onProgress: (done: number) => void): Promise<string> {
  mkdirSync(downloads(), { recursive: true });
  const path = takenOver(wanted.sha256);
  await persistently(
    () => receive(wanted, path, onProgress),
    () => sizeOf(path),
  );
  const received = await sha256OfFile(path);
  if (received === wanted.sha256) return path;
  rmSync(path);
  throw new LibbertError(
    "ERR_RUNTIME",
    `Expected sha256 ${wanted.sha256} for ${shown(wanted.url)} but received ${received}`,
  );
}

/** Removes what earlier processes have left of downloads that were never finished. */
export function removeAbandonedDownloads(): void {
  for (const name of abandoned()) rmSync(join(downloads(), name), { force: true });
}

/** Tries until it succeeds, and gives up when several tries in a row have not made `size` grow. */
async function persistently(attempt: () => Promise<void>, size: () => number): Promise<void> {
  for (let idle = 0; ; idle++) {
    const before = size();
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error;
      if (size() > before) idle = 0;
      if (idle + 1 === TRIES) throw new LibbertError("ERR_RUNTIME", error.message, { cause: error });
    }
    await delay(FIRST_PAUSE * 2 ** idle);
  }
}

/** Appends what is missing of a file. A server that cannot begin in the middle sends all of it again. */
async function receive(
  { url, file }: Download,
  path: string,
  onProgress: (done: number) => void,
): Promise<void> {
  const { start, length, content } = await request(url, { from: sizeOf(path) });
  if (existsSync(path)) truncateSync(path, start);
  let there = start;
  async function* counted() {
    for await (const chunk of content) {
      there += chunk.length;
      if (length !== undefined) onProgress(there / (start + length));
      yield chunk;
    }
  }
  try {
    await pipeline(counted(), createWriteStream(path, { flags: "a" }));
  } catch (error) {
    if (error instanceof ConnectionLost) throw error;
    throw new LibbertError(
      "ERR_RUNTIME",
      `Expected to write ${file} to ${downloads()} but received ${reasonOf(error)}`,
      { cause: error },
    );
  }
}

/** This process's file for a download: one that a process that is gone has left of the same, if there is one. */
function takenOver(sha256: string): string {
  const own = join(downloads(), `${sha256}.${process.pid}`);
  const left = abandoned().find((name) => name.startsWith(sha256));
  if (left !== undefined && !existsSync(own)) renameSync(join(downloads(), left), own);
  return own;
}

/** The files of processes that are gone. */
function abandoned(): string[] {
  if (!existsSync(downloads())) return [];
  return readdirSync(downloads()).filter((name) => !existsSync(join("/proc", name.split(".").at(-1)!)));
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
