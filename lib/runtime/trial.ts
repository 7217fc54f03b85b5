import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheFolder } from "./paths.js";
import { BINARIES, CUDA_BINARY } from "./variant.js";

const PROBE = fileURLToPath(new URL("./probe.js", import.meta.url));
const TIMEOUT = 120_000; // milliseconds: a cold disk reads LibTorch's 450 MB slowly

/**
 * Tries to load these binaries with this LibTorch in a child process, so that a crash there is no crash here.
 * Success is remembered in the cache for as long as the files stay the same. Returns what went wrong, if anything.
 *
 * @param options.cuda with what is needed on a GPU. Default: false
 */
export function tryLoading(libtorch: string, binaries: string, { cuda = false } = {}): string | undefined {
  const stamp = join(cacheFolder(), "loads", fingerprint(libtorch, binaries, cuda));
  if (existsSync(stamp)) return undefined;
  const failure = probe(libtorch, binaries, cuda);
  if (failure === undefined) remember(stamp);
  return failure;
}

function probe(libtorch: string, binaries: string, cuda: boolean): string | undefined {
  const child = spawnSync(process.execPath, [PROBE, libtorch, binaries, ...(cuda ? ["cuda"] : [])], {
    encoding: "utf8",
    timeout: TIMEOUT,
    // A debugger's or a test runner's NODE_OPTIONS are meant for the application alone.
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  if (child.status === 0) return undefined;
  if (child.error) return child.error.message;
  return child.signal ? `the process was ended by ${child.signal}` : child.stderr.trim();
}

/** One name for this Node.js and the exact files; a path that is missing counts as such. */
export function fingerprint(libtorch: string, binaries: string, cuda: boolean): string {
  const files = [
    ...[...BINARIES, ...(cuda ? [CUDA_BINARY] : [])].map((file) => join(binaries, file)),
    ...["libc10.so", "libtorch_cpu.so"].map((file) => join(libtorch, "lib", file)),
    ...(cuda ? ["libc10_cuda.so", "libtorch_cuda.so"] : []).map((file) => join(libtorch, "lib", file)),
  ].map((path) => {
    const stats = statSync(path, { throwIfNoEntry: false });
    return [path, stats?.size, stats?.mtimeMs];
  });
  return createHash("sha256")
    .update(JSON.stringify([process.version, files]))
    .digest("hex")
    .slice(0, 32);
}

function remember(stamp: string): void {
  try {
    mkdirSync(join(stamp, ".."), { recursive: true });
    writeFileSync(stamp, "");
  } catch {
    // A cache that cannot be written only means that the next process tries again.
  }
}
