import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { jsonProblem } from "../errors.js";
import { sha256OfFile } from "../files/file-hash.js";
import { flush } from "../files/flush.js";
import { removeIfEmpty } from "../files/remove.js";

/** The folder of a run's snapshots in its output directory. */
export const SNAPSHOTS = "snapshots";

/** They lie there in one sub-folder each, named by the number of updates done. */
const FOLDER = /^step-(\d{9})$/;
const PARTIAL = ".partial";
const MANIFEST = "manifest.json";

const manifestSchema = z.object({
  files: z.record(z.string(), z.object({ bytes: z.number(), sha256: z.string() })),
});
type Manifest = z.infer<typeof manifestSchema>;

/**
 * Writes one snapshot: the files that `write` makes, with a manifest of their checksums. It has its name only when all
 * of it is on disk.
 *
 * @param step updates done
 * @param write gets the folder to write into
 */
export async function writeSnapshot(
  folder: string,
  step: number,
  write: (staging: string) => void,
): Promise<void> {
  const name = nameOf(step);
  const staging = join(folder, PARTIAL);
  rmSync(staging, { recursive: true, force: true }); // left by a process that was killed
  mkdirSync(staging, { recursive: true });
  try {
    write(staging);
    const manifest: Manifest = { files: {} };
    for (const file of readdirSync(staging)) manifest.files[file] = await fingerprint(join(staging, file));
    writeFileSync(join(staging, MANIFEST), JSON.stringify(manifest, null, 2));
    for (const file of readdirSync(staging)) flush(join(staging, file));
    flush(staging);
    rmSync(join(folder, name), { recursive: true, force: true }); // a resumed run passes the same step again
    renameSync(staging, join(folder, name));
    flush(folder);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

/**
 * Removes older snapshots than the last `keep` up to that of `step`. Newer ones are damaged, or the run would not have gone back
 * behind them: they must not crowd out this one.
 */
export function removeOlderSnapshots(folder: string, step: number, keep: number): void {
  const upToThis = snapshotsOf(folder).filter((other) => other <= nameOf(step));
  for (const old of upToThis.slice(keep)) rmSync(join(folder, old), { recursive: true });
}

/** Removes all snapshots, and the folder unless it holds something else. */
export function removeSnapshots(folder: string): void {
  for (const name of [...snapshotsOf(folder), PARTIAL])
    rmSync(join(folder, name), { recursive: true, force: true });
  removeIfEmpty(folder);
}

function nameOf(step: number): string {
  return `step-${String(step).padStart(9, "0")}`;
}

/**
 * The newest snapshot whose files all have their checksums, or null.
 *
 * @param onDamaged is told of each newer one that has not, and why
 */
export async function newestSnapshot(
  folder: string,
  onDamaged: (snapshot: string, why: string) => void,
): Promise<string | null> {
  for (const name of snapshotsOf(folder)) {
    const snapshot = join(folder, name);
    const damage = await findDamage(snapshot);
    if (damage === null) return snapshot;
    onDamaged(snapshot, damage);
  }
  return null;
}

/** Names of the snapshots, newest first. */
function snapshotsOf(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => FOLDER.test(name))
    .sort()
    .reverse();
}

async function findDamage(snapshot: string): Promise<string | null> {
  try {
    const { files } = manifestSchema.parse(JSON.parse(readFileSync(join(snapshot, MANIFEST), "utf8")));
    for (const [file, { bytes, sha256 }] of Object.entries(files)) {
      const found = await fingerprint(join(snapshot, file));
      if (found.bytes !== bytes) return `${file} has ${found.bytes} bytes of ${bytes}`;
      if (found.sha256 !== sha256) return `${file} has another checksum`;
    }
    return null;
  } catch (error) {
    return jsonProblem(error);
  }
}

async function fingerprint(path: string): Promise<{ bytes: number; sha256: string }> {
  return { bytes: statSync(path).size, sha256: await sha256OfFile(path) };
}
