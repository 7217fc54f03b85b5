import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import type { TestContext } from "node:test";

/**
 * Runs `body` with a file system of `size` (such as "150k") mounted at `disk`; skips the test where this machine does
 * not allow a mount.
 */
export async function onSmallDisk(
  t: TestContext,
  { disk, size }: { disk: string; size: string },
  body: () => Promise<void>,
): Promise<void> {
  mkdirSync(disk, { recursive: true });
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", disk], { stdio: "pipe" });
  } catch {
    return t.skip("no right to mount a small file system");
  }
  try {
    await body();
  } finally {
    execFileSync("umount", [disk]);
  }
}
