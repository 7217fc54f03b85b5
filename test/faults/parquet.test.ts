import "../support/own-process.js";

import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { readParquet } from "../../lib/data/readers/parquet/read-parquet.js";
import { LibbertError } from "../../lib/errors.js";
import { goldenPath } from "../support/golden.js";
import { processorClock } from "../support/processor-time.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { resources } from "./resources.js";
import { tries } from "./tries.js";

/** Of the processor, which others may be using: one file takes milliseconds, what a damaged length makes of it would take minutes. */
const SECONDS = 5;
const MEBIBYTES = 1024;

test("whatever is cut off or changed in a Parquet file, it is read or refused with its name, in bounded time and memory", async () => {
  const path = join(temporaryDirectory(), "damaged.parquet");
  const names = readdirSync(goldenPath("parquet")).filter(
    (name) => name.endsWith(".parquet") && name !== "lz4.parquet",
  );
  const files = names.map((name) => readFileSync(join(goldenPath("parquet"), name)));
  const change = fc.record({ at: fc.nat(), byte: fc.nat(255) });
  const damage = fc.record({
    file: fc.constantFrom(...files),
    changes: fc.array(change, { maxLength: 3 }),
    cut: fc.option(fc.nat(), { freq: 4 }),
  });
  const counts = { read: 0, refused: 0 };
  const property = fc.asyncProperty(damage, async ({ file, changes, cut }) => {
    const bytes = Buffer.from(file);
    for (const { at, byte } of changes) bytes[at % bytes.length] = byte;
    writeFileSync(path, bytes.subarray(0, cut === null ? bytes.length : cut % bytes.length));
    const seconds = processorClock();
    try {
      for await (const _ of readParquet(path));
      counts.read++;
    } catch (error) {
      assert.ok(error instanceof LibbertError, `${(error as Error).stack}`);
      assert.ok(error.code === "ERR_DATA" && error.message.startsWith(path), error.message);
      counts.refused++;
    }
    assert.ok(seconds() < SECONDS);
  });
  const before = resources().memory;
  await fc.assert(property, { numRuns: tries(600, 1_000_000) });
  assert.ok(resources().memory - before < MEBIBYTES, `${resources().memory - before} MiB`);
  assert.ok(counts.read > 20 && counts.refused > 20, JSON.stringify(counts));
});
