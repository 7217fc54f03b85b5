import { lstatSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CARD } from "../files/model-files.js";
import { isSealed } from "./seal.js";

/** No card that libbert writes is longer. */
const LONGEST = 2 ** 22;

/** Whether a card may be written into a directory: no README.md of the user's, or changed by the user, is lost. */
export function mayWriteCard(directory: string): boolean {
  const path = join(directory, CARD);
  try {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return true;
    return stats.isFile() && stats.size <= LONGEST && isSealed(readFileSync(path, "utf8"));
  } catch {
    return false; // what cannot be read is none of libbert's
  }
}
