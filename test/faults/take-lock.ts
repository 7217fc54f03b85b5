/** A process that takes locks, and releases them, as it is told; it answers whether it has the lock. */
import { type DirectoryLock, lockDirectory } from "../../lib/files/directory-lock.js";

let lock: DirectoryLock | undefined;

process.on("message", async ({ take }: { take?: string }) => {
  lock?.[Symbol.dispose]();
  lock = undefined;
  if (take !== undefined)
    lock = await lockDirectory(take, { option: "outputDir", purpose: "run" }).catch(() => undefined);
  process.send!(lock !== undefined);
});
