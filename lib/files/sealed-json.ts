import { createHash } from "node:crypto";
import { isObject } from "../is-object.js";

/** JSON, an object, that ends with the SHA-256 of all else in it: a bit that changes shows. */
export function sealedJson(content: object): string {
  return `${JSON.stringify({ ...content, checksum: checksumOf(content) }, null, 2)}\n`;
}

/**
 * What `sealedJson` was given; null where anything of it was changed since.
 *
 * @throws SyntaxError where the text is no JSON
 */
export function openSealedJson(text: string): Record<string, unknown> | null {
  const parsed: unknown = JSON.parse(text);
  if (!isObject(parsed)) return null;
  const { checksum, ...content } = parsed;
  return checksum === checksumOf(content) ? content : null;
}

function checksumOf(content: object): string {
  return createHash("sha256").update(JSON.stringify(content)).digest("hex");
}
