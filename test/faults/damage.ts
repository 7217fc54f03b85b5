import type { Draws } from "./draws.js";

/** A copy with a bit flipped, a byte overwritten, the end cut off, a part left out or doubled, or a block of zeros. */
export function damaged(bytes: Uint8Array, draws: Draws): Uint8Array {
  const copy = Buffer.from(bytes);
  const at = draws.below(copy.length);
  const end = Math.min(copy.length, at + 1 + draws.below(64));
  switch (draws.below(6)) {
    case 0:
      copy[at]! ^= 1 << draws.below(8);
      return copy;
    case 1:
      copy[at] = draws.below(256);
      return copy;
    case 2:
      return copy.subarray(0, at);
    case 3:
      return Buffer.concat([copy.subarray(0, at), copy.subarray(end)]);
    case 4:
      return Buffer.concat([copy.subarray(0, end), copy.subarray(at)]);
    default:
      return copy.fill(0, at, end);
  }
}
