import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { LibbertError } from "../../lib/errors.js";
import { processorClock } from "../support/processor-time.js";

/** What a fault does to a file: flips a bit, cuts it, doubles a part, or puts something else in the place of a part. */
type Fault =
  | { kind: "flip"; at: number; bit: number }
  | { kind: "cut"; at: number }
  | { kind: "double"; at: number; length: number }
  | { kind: "replace"; at: number; length: number; text: string };

const TOKENS = [
  ...[
    "null",
    "-1",
    "1e308",
    "1e999",
    "0.5",
    "18446744073709551616",
    "true",
    "[]",
    "{}",
    "[[",
    '"',
    ",",
    ":",
    "\\",
  ],
  ...[
    '"__proto__"',
    '"toString"',
    '"constructor"',
    '"\\ud800"',
    '""',
    '"../x"',
    '"/dev/zero"',
    "\u0000",
    "\uFEFF",
  ],
];

const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const fault: fc.Arbitrary<Fault> = fc.oneof(
  fc.record({ kind: fc.constant("flip" as const), at: place, bit: fc.nat(7) }),
  fc.record({ kind: fc.constant("cut" as const), at: place }),
  fc.record({ kind: fc.constant("double" as const), at: place, length: fc.nat(40) }),
  fc.record({
    kind: fc.constant("replace" as const),
    at: place,
    length: fc.nat(12),
    text: fc.constantFrom(...TOKENS),
  }),
);
const faults = fc.array(fault, { minLength: 1, maxLength: 3 });

function damaged(bytes: Buffer, drawn: readonly Fault[]): Buffer {
  return drawn.reduce((whole, one) => {
    const at = Math.floor(one.at * whole.length);
    if (one.kind === "cut") return whole.subarray(0, at);
    if (one.kind === "flip") {
      const flipped = Buffer.from(whole);
      if (at < flipped.length) flipped[at]! ^= 1 << one.bit;
      return flipped;
    }
    const [before, part] = [whole.subarray(0, at), whole.subarray(at, at + one.length)];
    const between = one.kind === "double" ? Buffer.concat([part, part]) : Buffer.from(one.text);
    return Buffer.concat([before, between, whole.subarray(at + one.length)]);
  }, bytes);
}

/** Runs `read` on content with drawn faults. What it throws has to be a LibbertError about a file, within a second of the processor. */
export function drawFaults(count: number, whole: Buffer, read: (content: Buffer) => void): void {
  fc.assert(
    fc.property(faults, (drawn) => {
      const content = damaged(whole, drawn);
      const seconds = processorClock();
      try {
        read(content);
      } catch (error) {
        if (!(error instanceof LibbertError)) throw error;
        assert.equal(error.code, "ERR_CHECKPOINT");
        assert.doesNotMatch(error.message, /Invalid (input|option)|object Object/);
      }
      assert.ok(seconds() < 1);
    }),
    { numRuns: count },
  );
  assert.equal(Object.keys(Object.prototype).length, 0, "no prototype was changed");
}

/** The same for a file, which is whole again afterwards. */
export function drawFaultsInFile(count: number, path: string, read: () => void): void {
  const whole = readFileSync(path);
  drawFaults(count, whole, (content) => {
    writeFileSync(path, content);
    read();
  });
  writeFileSync(path, whole);
}
