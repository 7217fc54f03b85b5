/** What `torch.save` writes since torch 1.6: a zip archive with a pickle, and an entry for each storage. */
import { LibbertError } from "../../errors.js";
import { damaged, readRange } from "../read-bytes.js";
import { ByteSource } from "./byte-source.js";
import { MAX_PICKLE_BYTES, readPickle } from "./pickle.js";
import type { SavedObjects } from "./saved-objects.js";
import { contentOf, readZipEntries, type ZipEntry } from "./zip-entries.js";

/** All names begin with that of the archive. */
const PICKLE = /^([^/]+\/)data\.pkl$/;
/** Of a few bytes. */
const MAX_RECORD_BYTES = 64;

/** @throws LibbertError ERR_CHECKPOINT */
export function readZipFormat(file: number, fileBytes: number, path: string): SavedObjects {
  const entries = readZipEntries(file, fileBytes, path);
  const [pickle, another] = [...entries.values()].filter(({ name }) => PICKLE.test(name));
  if (pickle === undefined || another !== undefined)
    throw unexpected(path, `a zip archive with ${another ? "several" : "no"} data.pkl`);
  const folder = PICKLE.exec(pickle.name)![1]!;
  if (entries.has(`${folder}constants.pkl`)) throw unexpected(path, "a program of TorchScript");
  checkByteOrder(entries.get(`${folder}byteorder`), file, path);
  const { start, end } = contentOf(pickle, file, path);
  if (end - start > MAX_PICKLE_BYTES) throw damaged(path, `its pickle has ${end - start} bytes`);
  return {
    object: readPickle(new ByteSource(file, path, start, end)).value,
    placeOf({ key, numbers, length }) {
      const entry = entries.get(`${folder}data/${key}`);
      if (entry === undefined) throw damaged(path, `its storage ${JSON.stringify(key)} is not there`);
      const bytes = length * numbers.bytes;
      if (entry.bytes !== bytes)
        throw damaged(
          path,
          `its storage ${JSON.stringify(key)} has ${entry.bytes} bytes where its pickle says ${bytes}`,
        );
      return { ...contentOf(entry, file, path), crc32: entry.crc32 || undefined };
    },
  };
}

/** Files of before torch 2.1 do not say: they are of the machine that wrote them, and of little-endian ones nearly all. */
function checkByteOrder(entry: ZipEntry | undefined, file: number, path: string): void {
  if (entry === undefined) return;
  const { start, end } = contentOf(entry, file, path);
  const order = Buffer.from(readRange(file, path, start, Math.min(end, start + MAX_RECORD_BYTES))).toString(
    "latin1",
  );
  if (order !== "little") throw unexpected(path, `one of byte order ${JSON.stringify(order)}`);
}

function unexpected(path: string, what: string): LibbertError {
  return new LibbertError(
    "ERR_CHECKPOINT",
    `Expected a little-endian file of torch.save at ${path} but received ${what}`,
  );
}
