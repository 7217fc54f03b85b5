import { createHash } from "node:crypto";

/** As long as a name may be in most file systems, less what others put in front of it or behind. */
const LONGEST = 120;

/** A name for a folder, one for each text: where a text has characters that a name should not have, its hash follows. */
export function folderName(text: string): string {
  const name = text.replace(/[^A-Za-z0-9._-]+/g, "-").slice(0, LONGEST);
  if (name === text && !name.startsWith(".")) return name;
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 8);
  return `${name.replace(/^\.+/, "")}-${hash}`;
}
