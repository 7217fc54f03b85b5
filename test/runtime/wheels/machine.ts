import assert from "node:assert/strict";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { LibbertError } from "../../../lib/errors.js";
import { type FetchOptions, fetchLibTorch } from "../../../lib/runtime/fetch.js";
import { setEnvironment, temporaryFolder } from "../fakes.js";
import { type Behaviour, type IndexServer, startIndex } from "./index-server.js";
import { type MadeWheel, makeTorch } from "./make-wheel.js";

export const TORCH = makeTorch();

/** An empty cache on a machine without Python, which knows one index. */
export function machine(t: TestContext, index: string): { cache: string; downloads: string } {
  const cache = temporaryFolder(t);
  setEnvironment(t, {
    LIBBERT_CACHE: cache,
    LIBBERT_PYTHON: "/nowhere/python",
    PIP_INDEX_URL: index,
    PIP_EXTRA_INDEX_URL: undefined,
    PIP_NO_INDEX: undefined,
  });
  return { cache, downloads: join(cache, "downloads") };
}

/** The same with an index of its own, which has these wheels. */
export async function machineWithIndex(t: TestContext, wheels: MadeWheel[], behaviour?: Behaviour) {
  const server = await startIndex(t, wheels, behaviour);
  return { ...machine(t, server.url), server };
}

export function fetchTorch(versions?: string[], options?: FetchOptions) {
  return fetchLibTorch(() => {}, versions, options);
}

export function message(part: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof LibbertError, String(error));
    assert.equal(error.code, "ERR_RUNTIME");
    assert.match(error.message, part);
    assert.doesNotMatch(error.message, /\n/);
    return true;
  };
}

/** What was asked for of torch's wheel: the byte that each request began with. */
export function beginnings({ requests }: IndexServer): number[] {
  return requests
    .filter((request) => request.startsWith("/files/torch-"))
    .map((request) => Number(/ from (\d+)$/.exec(request)?.[1] ?? 0));
}
