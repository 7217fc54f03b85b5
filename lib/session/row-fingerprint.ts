import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { pipeline } from "node:stream/promises";

/**
 * What tells rows from others: the SHA-256 of a file's bytes, or of rows in memory as JSON. Rows that lie elsewhere are
 * the same, rows that were changed are not.
 */
export async function rowFingerprint(source: string | readonly object[]): Promise<string> {
  const hash = createHash("sha256");
  if (typeof source !== "string") hash.update(JSON.stringify(source));
  else if (existsSync(source)) await pipeline(createReadStream(source), hash);
  else return source; // whatever reads it says better what is wrong
  return `sha256 ${hash.digest("hex")}`;
}
