import { createHash } from "node:crypto";
import type { Split } from "./manifest.js";

/** One of several machines that share a corpus. */
export interface ShareOfMachine {
  /** From 1 to `count`. */
  index: number;
  count: number;
}

/** Whom a document belongs to: a pure function of its text, so that two equal documents stay together. */
export interface DocumentPlace {
  /** Whether it is this machine's. */
  isOurs: boolean;
  split: Split;
}

export function placeOf(
  lines: readonly string[],
  machine: ShareOfMachine,
  validationShare: number,
): DocumentPlace {
  const digest = createHash("sha256").update(lines.join("\n")).digest();
  return {
    isOurs: digest.readUInt32LE(0) % machine.count === machine.index - 1,
    split: digest.readUInt32LE(4) / 2 ** 32 < validationShare ? "validation" : "train",
  };
}
