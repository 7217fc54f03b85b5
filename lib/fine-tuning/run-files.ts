import { readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { removeIfEmpty } from "../files/remove.js";
import { removeSnapshots, SNAPSHOTS } from "../snapshots/snapshot-folder.js";

/** Names in the folder of a run's snapshots: all that is kept of a run lies there, and goes when it is over. */
const SETTINGS = "settings.json";
const FINISHED_SEEDS = "seeds.json";
const SEED_FOLDER = /^seed-\d+$/;

export const settingsFile = (outputDir: string) => join(outputDir, SNAPSHOTS, SETTINGS);
export const finishedSeedsFile = (snapshots: string) => join(snapshots, FINISHED_SEEDS);

/** The folder of one seed's snapshots, among several. */
export const seedFolder = (snapshots: string, seed: number) => join(snapshots, `seed-${seed}`);

/** Removes all that a run kept to go on from. */
export function removeRun(snapshots: string): void {
  if (!statSync(snapshots, { throwIfNoEntry: false })?.isDirectory()) return; // none, or a file of the user's
  rmSync(join(snapshots, FINISHED_SEEDS), { force: true });
  for (const name of readdirSync(snapshots)) {
    if (SEED_FOLDER.test(name)) removeSnapshots(join(snapshots, name));
    if (name.startsWith(".partial")) rmSync(join(snapshots, name), { recursive: true, force: true });
  }
  removeSnapshots(snapshots);
  rmSync(join(snapshots, SETTINGS), { force: true }); // last: while it is there, it is a run
  removeIfEmpty(snapshots);
}
