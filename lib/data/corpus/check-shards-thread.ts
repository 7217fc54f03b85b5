/** A thread that checks shards before they are needed; see shard-checks.ts. */
import { workerData } from "node:worker_threads";
import { type CheckedShard, ensureIntact } from "./shard-check.js";

for (const shard of workerData as CheckedShard[]) {
  try {
    ensureIntact(shard);
  } catch {
    // Whoever needs the shard finds the same.
  }
}
