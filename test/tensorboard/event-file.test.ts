import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { EventFile, framed } from "../../lib/tensorboard/event-file.js";
import { histogramOf } from "../../lib/tensorboard/histogram.js";
import { eventFilesIn, recordsIn } from "../support/event-files.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

test("records are framed with their length and masked checksums of both", () => {
  // As tensorboard.summary.writer.record_writer.RecordWriter writes these bytes.
  const frame = framed(Buffer.from("brain.Event:2"));
  assert.equal(
    Buffer.from(frame).toString("hex"),
    "0d000000000000003c37b834627261696e2e4576656e743a32ee01067c",
  );
  fc.assert(
    fc.property(fc.array(fc.uint8Array()), (records) => {
      const read = recordsIn(Buffer.concat(records.map(framed)));
      assert.deepEqual(
        read.map((record) => [...record]),
        records.map((record) => [...record]),
      );
    }),
  );
  assert.throws(() => recordsIn(Buffer.from(frame).fill(1, 14, 15)));
});

test("a file begins with its version, and a later one comes behind it by its name", () => {
  const folder = join(temporaryDirectory(), "run");
  for (const step of [1, 2, 3]) {
    using file = new EventFile(folder);
    file.write([{ tag: "train/loss", scalar: step / 2 }], step);
  }
  assert.equal(readdirSync(folder).length, 3);
  const files = eventFilesIn(folder);
  assert.deepEqual(
    files.map(([version, event]) => [version!.version, event!.step, event!.scalars]),
    [1, 2, 3].map((step) => ["brain.Event:2", step, { "train/loss": step / 2 }]),
  );
});

test("a histogram's buckets hold every finite value once", () => {
  const values = fc.float64Array({ minLength: 1 });
  fc.assert(
    fc.property(values, (all) => {
      const finite = all.filter((value) => Number.isFinite(value) && Math.abs(value) < 1e300);
      const { min, max, count, limits, counts } = histogramOf(
        Float64Array.of(...finite, Number.NaN, Number.POSITIVE_INFINITY),
      );
      assert.equal(count, finite.length);
      assert.equal(
        counts.reduce((sum, one) => sum + one, 0),
        finite.length,
      );
      if (finite.length === 0) return;
      assert.deepEqual([min, max], [Math.min(...finite), Math.max(...finite)]);
      assert.equal(limits.at(-1), max);
      assert.deepEqual(
        limits,
        limits.toSorted((a, b) => a - b),
      );
    }),
  );
  const { counts, limits, sum, sumOfSquares } = histogramOf(Float64Array.of(0, 0.5, 1, 30));
  assert.deepEqual([counts[0], counts[1], counts[29]], [2, 1, 1]); // a value on a limit belongs above it
  assert.deepEqual([limits[0], limits[29], sum, sumOfSquares], [1, 30, 31.5, 901.25]);
  assert.deepEqual(histogramOf(Float64Array.of(2, 2)).counts, [2]);
});
