import { createHash } from "node:crypto";
import type { Split } from "./manifest.js";

/** A machine's part of a corpus that several prepare. */
export interface Part {
  /** From 1 to `count`. */
  index: number;
  count: number;
}

/** Where a document goes: a pure function of its text, so that two equal documents stay together. */
export interface Assignment {
  /** Whether it is in this machine's part. */
  isOurs: boolean;
  split: Split;
}

export function assignmentOf(lines: readonly string[], part: Part, validationShare: number): Assignment {
  const digest = createHash("sha256").update(lines.join("\n")).digest();
  return {
    isOurs: digest.readUInt32LE(0) % part.count === part.index - 1,
    split: digest.readUInt32LE(4) / 2 ** 32 < validationShare ? "validation" : "train",
  };
}
