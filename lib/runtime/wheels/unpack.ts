import { createWriteStream, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import yauzl from "yauzl";
import { LibbertError } from "../../errors.js";
import { reasonOf } from "../../files/write-error.js";

/**
 * Unpacks those members of a zip file that are wanted. yauzl refuses names that lead out of the folder.
 * @throws LibbertError `ERR_RUNTIME` that says what went wrong: a damaged file, a full disk
 */
export async function unpack(
  zip: string,
  folder: string,
  isWanted: (member: string) => boolean,
): Promise<void> {
  try {
    const archive = await yauzl.openPromise(zip);
    for await (const entry of archive.eachEntry()) {
      if (entry.fileName.endsWith("/") || !isWanted(entry.fileName)) continue;
      const path = join(folder, entry.fileName);
      mkdirSync(dirname(path), { recursive: true });
      await pipeline(
        await archive.openReadStreamPromise(entry),
        createWriteStream(path, { mode: modeOf(entry) }),
      );
    }
  } catch (error) {
    const message = `Expected to unpack ${zip} into ${folder} but received ${reasonOf(error)}`;
    throw new LibbertError("ERR_RUNTIME", message, { cause: error });
  }
}

/** Programs, such as nvcc, stay programs: the upper half of the attributes are those of Unix. */
function modeOf({ externalFileAttributes }: yauzl.Entry): number {
  const isProgram = ((externalFileAttributes >>> 16) & 0o111) !== 0;
  return isProgram ? 0o755 : 0o644;
}
