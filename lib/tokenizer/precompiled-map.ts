import type { JsonField } from "./json-field.js";

const SPACE = 0x20;

/** In bytes. Unicode's longest, of one ligature, has 33. */
const LONGEST_REPLACEMENT = 256;

/**
 * Checks the map of a `Precompiled` normalizer (SentencePiece's), which native code follows without looking: a damaged
 * one would lead it out of its tables, and end the process.
 *
 * The map is a number of bytes, as many bytes of a double-array trie of 32-bit units, and replacements in UTF-8, each
 * closed by a zero. The trie has the place of its replacement for each text that is replaced.
 */
export function checkedPrecompiledMap(field: JsonField): string {
  const text = field.text("a SentencePiece map in base64");
  const bytes = Buffer.from(text, "base64");
  const damaged = () => field.wrong("an undamaged SentencePiece map");
  if (bytes.length < 8 || bytes.toString("base64") !== text) throw damaged();
  const trieBytes = bytes.readUInt32LE(0);
  if (trieBytes < 4 || trieBytes % 4 !== 0 || trieBytes > bytes.length - 4) throw damaged();
  const units = Uint32Array.from({ length: trieBytes / 4 }, (_, index) => bytes.readUInt32LE(4 + 4 * index));
  const replacements = bytes.subarray(4 + trieBytes);
  if (!isUtf8(replacements) || !hasShortParts(replacements)) throw damaged();
  const isPlace = (place: number) => place <= replacements.length && !isInsideCharacter(replacements[place]);
  if (!staysInside(units, isPlace)) throw damaged();
  return text;
}

/** Whether a map that has been checked has no replacement for a space, or a space. */
export function leavesSpace(map: string): boolean {
  const bytes = Buffer.from(map, "base64");
  const unitAt = (index: number) => bytes.readUInt32LE(4 + 4 * index);
  const node = (offsetOf(unitAt(0)) ^ SPACE) >>> 0;
  const unit = unitAt(node);
  if (labelOf(unit) !== SPACE || !hasLeaf(unit)) return true;
  const place = 4 + bytes.readUInt32LE(0) + (unitAt((node ^ offsetOf(unit)) >>> 0) & 0x7fffffff);
  return bytes[place] === SPACE && !bytes[place + 1];
}

/** Whether every walk through the trie, over any bytes, stays in it and ends at a replacement. */
function staysInside(units: Uint32Array, isPlace: (place: number) => boolean): boolean {
  const waiting = [offsetOf(units[0]!)];
  const seen = new Set(waiting);
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if ((node | 0xff) >= units.length) return false; // one of its children would stand outside
    for (let byte = 1; byte < 256; byte++) {
      const unit = units[node ^ byte]!;
      if (labelOf(unit) !== byte) continue;
      const child = (node ^ byte ^ offsetOf(unit)) >>> 0;
      if (child >= units.length) return false;
      if (hasLeaf(unit) && !isPlace(units[child]! & 0x7fffffff)) return false;
      if (!seen.has(child)) waiting.push(child);
      seen.add(child);
    }
  }
  return true;
}

function labelOf(unit: number): number {
  return (unit & 0x800000ff) >>> 0;
}

function hasLeaf(unit: number): boolean {
  return (unit & 0x100) !== 0;
}

function offsetOf(unit: number): number {
  return ((unit >>> 10) << ((unit & 0x200) >>> 6)) >>> 0;
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

function isInsideCharacter(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}

function hasShortParts(bytes: Uint8Array): boolean {
  let start = 0;
  for (let end = 0; end <= bytes.length; end++) {
    if (end < bytes.length && bytes[end] !== 0) continue;
    if (end - start > LONGEST_REPLACEMENT) return false;
    start = end + 1;
  }
  return true;
}
