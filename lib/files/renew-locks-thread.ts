/** A thread that renews the locks of another, which may compute for minutes without a look at its timers. */
import { writeFileSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";

const files = new Set<string>();

parentPort!.on("message", ({ add, remove, end }: { add?: string; remove?: string; end?: true }) => {
  if (add !== undefined) files.add(add);
  if (remove !== undefined) files.delete(remove);
  if (!end) return;
  clearInterval(timer);
  parentPort!.close();
});

const timer = setInterval(() => {
  for (const file of files) renew(file);
}, workerData.everyMs);

/** The time is that of the file system, whichever machine asks: the file is written, not given a time. */
function renew(file: string): void {
  try {
    writeFileSync(file, String(Date.now()), { flag: "r+" });
  } catch {
    // Whoever has lost the lock notices when it writes; a disk that fails may not do so the next time.
  }
}
