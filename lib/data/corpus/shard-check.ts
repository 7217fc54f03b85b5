import { createHash } from "node:crypto";
import { fstatSync } from "node:fs";
import { dataError } from "../data-error.js";
import { type ByteRange, digestRange, withFile } from "./file-digest.js";

/** A shard whose ids are to be compared with what was written. Threads share it. */
export interface CheckedShard {
  path: string;
  /** Of the whole file, as the manifest has it. */
  sha256: string;
  /** Where its ids are in the file. */
  ids: ByteRange;
  vocabularySize: number;
  /** [1] in shared memory: how far the check is. */
  state: Int32Array<SharedArrayBuffer>;
}

const UNCHECKED = 0;
const UNDER_WAY = 1;
const INTACT = 2;
const DAMAGED = 3;

/** A thread that takes longer for a shard has died. */
const LONGEST_CHECK_MS = 60_000;

export function newCheckState(): CheckedShard["state"] {
  return new Int32Array(new SharedArrayBuffer(4)).fill(UNCHECKED);
}

/**
 * Checks a shard that no thread has checked before; one that another thread is about to check is waited for.
 *
 * @throws LibbertError ERR_DATA when the file is not what `prepare` wrote
 */
export function ensureIntact(shard: CheckedShard): void {
  const { state } = shard;
  const found = Atomics.compareExchange(state, 0, UNCHECKED, UNDER_WAY);
  if (found === UNDER_WAY) Atomics.wait(state, 0, UNDER_WAY, LONGEST_CHECK_MS);
  if (Atomics.load(state, 0) !== INTACT) checkHere(shard); // one that is damaged again, to say what is wrong
}

function checkHere(shard: CheckedShard): void {
  let result = DAMAGED;
  try {
    check(shard);
    result = INTACT;
  } finally {
    Atomics.store(shard.state, 0, result);
    Atomics.notify(shard.state, 0);
  }
}

function check({ path, sha256, ids, vocabularySize }: CheckedShard): void {
  const hash = createHash("sha256");
  let outside: number | undefined;
  withFile(path, (file) => {
    digestRange(hash, file, path, [0, ids[0]]);
    digestRange(hash, file, path, ids, (bytes) => {
      outside ??= idOutside(bytes, vocabularySize);
    });
    digestRange(hash, file, path, [ids[1], fstatSync(file).size]);
  });
  if (hash.digest("hex") !== sha256) throw changedShard(path);
  if (outside !== undefined) throw dataError(path, `ids below ${vocabularySize}`, String(outside | 0));
}

/** The first id that the vocabulary does not have; a negative one counts as larger than all. */
function idOutside(bytes: Uint8Array<ArrayBuffer>, vocabularySize: number): number | undefined {
  const ids = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
  for (let index = 0; index < ids.length; index++) if (ids[index]! >= vocabularySize) return ids[index];
  return undefined;
}

/** A shard with another checksum than the manifest has for it. */
export function changedShard(path: string): Error {
  return dataError(
    path,
    "the shard that was written here",
    "one that was changed since, by its checksum: restore the file, or prepare the corpus again",
  );
}
