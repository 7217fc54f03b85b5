import assert from "node:assert/strict";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";
import { newestSnapshot, removeOlderSnapshots, writeSnapshot } from "../../lib/snapshots/snapshot-folder.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

/** Larger than one read of the checksum, so that its end counts, too. */
const WEIGHTS = Buffer.alloc(3_000_000, 7);

async function writeRun(folder: string, step: number, keep = 5, state = `step ${step}`): Promise<void> {
  await writeSnapshot(folder, step, (staging) => {
    writeFileSync(join(staging, "weights"), WEIGHTS);
    writeFileSync(join(staging, "state.json"), state);
  });
  removeOlderSnapshots(folder, step, keep);
}

/** The name of the snapshot to resume from, and what was said of damaged ones. */
async function newest(folder: string) {
  const damaged: [snapshot: string, why: string][] = [];
  const snapshot = await newestSnapshot(folder, (name, why) => damaged.push([basename(name), why]));
  return { snapshot: snapshot && basename(snapshot), damaged };
}

/** A folder with the snapshots of steps 9, 10 and 100. */
async function threeSnapshots(): Promise<string> {
  const folder = temporaryDirectory();
  for (const step of [100, 9, 10]) await writeRun(folder, step);
  return folder;
}

test("a snapshot holds what was written, under its step", async () => {
  const folder = join(temporaryDirectory(), "snapshots"); // is made
  await writeRun(folder, 12);
  assert.deepEqual(readdirSync(folder), ["step-000000012"]);
  const snapshot = await newestSnapshot(folder, assert.fail);
  assert.equal(snapshot, join(folder, "step-000000012"));
  assert.deepEqual(readFileSync(join(snapshot, "weights")), WEIGHTS);
  assert.equal(readFileSync(join(snapshot, "state.json"), "utf8"), "step 12");
});

test("the newest intact snapshot is the one with the highest step", async () => {
  const folder = await threeSnapshots();
  mkdirSync(join(folder, "step-000000200-mine")); // no snapshot's name
  assert.deepEqual(await newest(folder), { snapshot: "step-000000100", damaged: [] });
});

test("without a snapshot, or without a folder, there is none", async () => {
  const folder = temporaryDirectory();
  assert.equal((await newest(folder)).snapshot, null);
  assert.equal((await newest(join(folder, "missing"))).snapshot, null);
});

const damages: Record<string, { damage: (snapshot: string) => void; why: RegExp }> = {
  "with a file cut short": {
    damage: (snapshot) => truncateSync(join(snapshot, "weights"), 2_999_999),
    why: /^weights has 2999999 bytes of 3000000$/,
  },
  "with a file that grew": {
    damage: (snapshot) => appendFileSync(join(snapshot, "weights"), "more"),
    why: /^weights has 3000004 bytes of 3000000$/,
  },
  "with one bit of the last byte flipped": {
    damage: (snapshot) => {
      const bytes = readFileSync(join(snapshot, "weights"));
      bytes[bytes.length - 1]! ^= 1;
      writeFileSync(join(snapshot, "weights"), bytes);
    },
    why: /^weights has another checksum$/,
  },
  "without one of its files": {
    damage: (snapshot) => rmSync(join(snapshot, "state.json")),
    why: /ENOENT.*state\.json/,
  },
  "without a manifest": {
    damage: (snapshot) => rmSync(join(snapshot, "manifest.json")),
    why: /ENOENT.*manifest\.json/,
  },
  "with half a manifest": {
    damage: (snapshot) => truncateSync(join(snapshot, "manifest.json"), 40),
    why: /JSON/,
  },
  "with another manifest": {
    damage: (snapshot) => writeFileSync(join(snapshot, "manifest.json"), '{"files": {"weights": 1}}'),
    why: /expected object/,
  },
};

for (const [what, { damage, why }] of Object.entries(damages)) {
  test(`a snapshot ${what} is named and passed over`, async () => {
    const folder = await threeSnapshots();
    damage(join(folder, "step-000000100"));
    const { snapshot, damaged } = await newest(folder);
    assert.equal(snapshot, "step-000000010");
    assert.equal(damaged.length, 1);
    assert.equal(damaged[0]![0], "step-000000100");
    assert.match(damaged[0]![1], why);
  });
}

test("where all are damaged, all are named, newest first, and there is none", async () => {
  const folder = await threeSnapshots();
  for (const name of readdirSync(folder)) rmSync(join(folder, name, "weights"));
  const { snapshot, damaged } = await newest(folder);
  assert.equal(snapshot, null);
  assert.deepEqual(
    damaged.map(([name]) => name),
    ["step-000000100", "step-000000010", "step-000000009"],
  );
});

test("only the last `keep` snapshots remain", async () => {
  const folder = temporaryDirectory();
  for (const step of [8, 9, 10, 11]) await writeRun(folder, step, 2);
  assert.deepEqual(readdirSync(folder).sort(), ["step-000000010", "step-000000011"]);
});

test("damaged snapshots that the run went back behind do not crowd out the new one", async () => {
  const folder = await threeSnapshots();
  for (const name of readdirSync(folder)) rmSync(join(folder, name, "weights"));
  await writeRun(folder, 5, 1);
  assert.equal((await newest(folder)).snapshot, "step-000000005");
  await writeRun(folder, 100, 1);
  assert.deepEqual(readdirSync(folder), ["step-000000100"]);
});

test("a resumed run that passes the same step replaces its snapshot", async () => {
  const folder = temporaryDirectory();
  await writeSnapshot(folder, 3, (staging) => writeFileSync(join(staging, "old"), "old"));
  await writeRun(folder, 3, 5, "again");
  assert.deepEqual(await newest(folder), { snapshot: "step-000000003", damaged: [] });
  const snapshot = join(folder, "step-000000003");
  assert.deepEqual(readdirSync(snapshot).sort(), ["manifest.json", "state.json", "weights"]);
  assert.equal(readFileSync(join(snapshot, "state.json"), "utf8"), "again");
});

test("a writer that throws leaves nothing, and older snapshots as they were", async () => {
  const folder = temporaryDirectory();
  await writeRun(folder, 1, 1);
  const thrown = new Error("disk full");
  const writing = writeSnapshot(folder, 2, (staging) => {
    writeFileSync(join(staging, "weights"), "half");
    throw thrown;
  });
  await assert.rejects(writing, thrown);
  assert.deepEqual(readdirSync(folder), ["step-000000001"]);
  assert.deepEqual(await newest(folder), { snapshot: "step-000000001", damaged: [] });
});

test("what a killed process left half-written is no snapshot, and goes with the next", async () => {
  const folder = temporaryDirectory();
  mkdirSync(join(folder, ".partial"));
  writeFileSync(join(folder, ".partial", "stale"), "half");
  assert.equal((await newest(folder)).snapshot, null);
  await writeRun(folder, 1);
  assert.deepEqual(readdirSync(folder), ["step-000000001"]);
  assert.ok(!existsSync(join(folder, "step-000000001", "stale")));
});
