import assert from "node:assert/strict";
import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { type ErrorCode, LibbertError } from "../../lib/errors.js";
import { filesOf, TOKEN } from "./hub-model.js";
import { COMMIT, FILES } from "./support.js";

export const WEIGHTS = FILES["model.safetensors"]!;

export const COUNT = Object.keys(FILES).length;

export function repository(cache: string): string {
  return join(cache, "models--tiny-org--tiny-bert");
}

export function snapshot(cache: string): string {
  return join(repository(cache), "snapshots", COMMIT);
}

/** All that the cache has of the model is right, and nothing else lies there. */
export function assertWhole(cache: string, files = FILES): void {
  const folder = snapshot(cache);
  assert.deepEqual(filesOf(folder), files);
  for (const path of Object.keys(files)) assert.ok(lstatSync(join(folder, path)).isSymbolicLink(), path);
  assert.equal(readdirSync(join(repository(cache), "blobs")).length, Object.keys(files).length);
  assert.deepEqual(readdirSync(join(cache, ".locks/models--tiny-org--tiny-bert")), []);
}

export function fails(
  call: Promise<unknown>,
  message: RegExp,
  code: ErrorCode,
  option?: string,
): Promise<void> {
  return assert.rejects(call, (error: unknown) => {
    assert.ok(error instanceof LibbertError, String(error));
    assert.match(error.message, message);
    assert.doesNotMatch(`${error.message} ${error.stack} ${error.cause}`, new RegExp(`\n\n|${TOKEN}`));
    assert.deepEqual([error.code, error.option], [code, option]);
    return true;
  });
}

/** What Node.js is warned of until the test ends. */
export function warnings(t: TestContext): string[] {
  const heard: string[] = [];
  const listen = ({ message }: Error) => void heard.push(message);
  process.on("warning", listen);
  t.after(() => process.off("warning", listen));
  return heard;
}
