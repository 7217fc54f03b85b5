/**
 * What `torch.save` wrote before torch 1.6: four pickles (a magic number, the version of the format, facts of the machine, the
 * object), one of the keys of all storages, and behind it their numbers in the order of the keys, each after its length.
 */
import { damaged, readRange } from "../read-bytes.js";
import { ByteSource } from "./byte-source.js";
import { MAX_PICKLE_BYTES, type Pickle, readPickle } from "./pickle.js";
import { inWords, type PickleValue, type Storage } from "./pickle-values.js";
import { refused } from "./refusal.js";
import type { SavedObjects, StoragePlace } from "./saved-objects.js";

const MAGIC_NUMBER = 0x1950a86a20f9469cfc6cn;
const VERSION = 1001;
const LENGTH_BYTES = 8;

/** @throws LibbertError ERR_CHECKPOINT */
export function readLegacyFormat(file: number, fileBytes: number, path: string): SavedObjects {
  let at = 0;
  const next = (): Pickle => {
    const source = new ByteSource(file, path, at, Math.min(fileBytes, at + MAX_PICKLE_BYTES));
    const pickle = readPickle(source);
    at = source.at;
    return pickle;
  };
  if (next().value !== MAGIC_NUMBER) throw refused(path, "it is a pickle that torch.save did not write");
  const version = next().value;
  if (version !== VERSION)
    throw refused(path, `the version of its format is ${inWords(version)}, not ${VERSION}`);
  checkByteOrder(next().value, path);
  const { value: object, storages } = next();
  const keys = next().value;
  if (!Array.isArray(keys)) throw damaged(path, `it has ${inWords(keys)} for the keys of its storages`);
  const places = placesOf(keys, storages, { file, fileBytes, path, at });
  return {
    object,
    placeOf({ key }) {
      const place = places.get(key);
      if (place === undefined) throw damaged(path, `its storage ${JSON.stringify(key)} is not there`);
      return place;
    },
  };
}

/** @param rest of the file, from `at` on */
function placesOf(
  keys: readonly PickleValue[],
  storages: ReadonlyMap<string, Storage>,
  { file, fileBytes, path, at }: { file: number; fileBytes: number; path: string; at: number },
): Map<string, StoragePlace> {
  const places = new Map<string, StoragePlace>();
  let start = at;
  for (const key of keys) {
    const storage = typeof key === "string" ? storages.get(key) : undefined;
    if (storage === undefined)
      throw damaged(path, `it has numbers for a storage (${shownKey(key)}) that its pickle does not name`);
    start += LENGTH_BYTES;
    const end = start + storage.length * storage.numbers.bytes;
    if (end > fileBytes)
      throw damaged(path, `it ends within its storage ${JSON.stringify(key)}: it was cut short`);
    const length = Buffer.from(readRange(file, path, start - LENGTH_BYTES, start).buffer).readBigUInt64LE();
    if (length !== BigInt(storage.length))
      throw damaged(
        path,
        `its storage ${JSON.stringify(key)} has ${length} numbers where its pickle says ${storage.length}`,
      );
    places.set(storage.key, { start, end });
    start = end;
  }
  return places;
}

function shownKey(key: PickleValue): string {
  return typeof key === "string" ? JSON.stringify(key) : inWords(key);
}

function checkByteOrder(facts: PickleValue, path: string): void {
  const isLittle = facts instanceof Map ? facts.get("little_endian") : undefined;
  if (isLittle !== true) throw refused(path, "its numbers are not known to be little-endian");
}
