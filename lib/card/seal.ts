import { checksumOf } from "../files/checksum.js";

/** The last line of a card: while the rest has this CRC-32, nobody has changed it. */
const SEAL =
  /\n<!-- libbert's card, ([0-9a-f]{8}): written anew with the model until somebody changes it -->\n$/;

export function sealed(text: string): string {
  const seal = checksumOf(Buffer.from(text));
  return `${text}\n<!-- libbert's card, ${seal}: written anew with the model until somebody changes it -->\n`;
}

/** Whether a text is a card that libbert has written, and that nobody has changed. */
export function isSealed(text: string): boolean {
  const [line, seal] = SEAL.exec(text) ?? [];
  if (line === undefined) return false;
  return checksumOf(Buffer.from(text.slice(0, -line.length))) === seal;
}
