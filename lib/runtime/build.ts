import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, existsSync, mkdirSync, readFileSync, rmSync, type WriteStream } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism, totalmem } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { LibbertError } from "../errors.js";
import type { LibTorch } from "./libtorch.js";
import { packageRoot } from "./paths.js";
import { packagesForBuild } from "./tools.js";
import { buildFolder, variantName } from "./variant.js";

const CMAKE_JS = join(
  dirname(createRequire(import.meta.url).resolve("cmake-js/package.json")),
  "bin",
  "cmake-js",
);
const MEMORY_PER_JOB = 2 * 1024 ** 3; // bytes: a source file with LibTorch's headers takes that much at its peak
const LINES_SHOWN = 40;

/** What a build is other than the one that is used. */
export interface BuildVariation {
  /** The folder of `variants/` that it goes to. Default: the LibTorch's variant */
  variant?: string;
  /** Settings of CMakeLists.txt, `NAME=VALUE`. Default: none */
  defines?: readonly string[];
}

/**
 * Builds the native libraries for a LibTorch; what was built before and has not changed is not built again.
 * @param onProgress is told the share that is done, from 0 to 1.
 * @returns the folder with the binaries.
 * @throws LibbertError `ERR_RUNTIME` with the end of the build's log.
 */
export async function buildNative(
  libtorch: LibTorch,
  onProgress: (done: number) => void,
  { variant = variantName(libtorch), defines = [] }: BuildVariation = {},
): Promise<string> {
  const out = buildFolder(variant);
  if (wasConfiguredElsewhere(out, packageRoot)) rmSync(out, { recursive: true });
  mkdirSync(out, { recursive: true });
  const logPath = join(out, "build.log");
  const log = createWriteStream(logPath);
  await once(log, "open");
  log.on("error", () => {}); // a disk that is full ends the build, which says so
  const jobs = Math.max(1, Math.min(availableParallelism(), Math.floor(totalmem() / MEMORY_PER_JOB)));
  const settings = defines.map((define) => `--CD${define}`);
  const succeeded =
    (await cmakeJs(["configure", "--out", out, `--CDLIBTORCH=${libtorch.folder}`, ...settings], log)) &&
    (await cmakeJs(["build", "--out", out, "--parallel", String(jobs)], log, onProgress));
  log.end();
  if (!log.closed) await once(log, "close");
  if (succeeded) return join(out, "Release");
  const end = readFileSync(logPath, "utf8").trimEnd().split("\n").slice(-LINES_SHOWN);
  const summary = `The native libraries ${variant} could not be built; the whole log is in ${logPath}`;
  throw new LibbertError("ERR_RUNTIME", [summary, ...end.map((line) => `  ${line}`)].join("\n"));
}

/** Whether a build folder was made for sources in another place, before it was moved or copied: CMake refuses it. */
export function wasConfiguredElsewhere(out: string, sources: string): boolean {
  const cache = join(out, "CMakeCache.txt");
  if (!existsSync(cache)) return false;
  const folder = /^CMAKE_HOME_DIRECTORY:INTERNAL=(.*)$/m.exec(readFileSync(cache, "utf8"))?.[1];
  return folder === undefined || resolve(folder) !== resolve(sources);
}

/** @throws LibbertError `ERR_RUNTIME` that names the Debian packages a build still needs, if any. */
export function requireBuildTools(): void {
  const missing = packagesForBuild();
  if (missing.length === 0) return;
  const message = `The native libraries are built on this machine, which lacks ${missing.join(", ")}.`;
  throw new LibbertError("ERR_RUNTIME", `${message}\nTo fix it: apt-get install ${missing.join(" ")}`);
}

/** Runs one command of cmake-js; whether it succeeded. */
async function cmakeJs(
  args: string[],
  log: WriteStream,
  onProgress?: (done: number) => void,
): Promise<boolean> {
  const child = spawn(process.execPath, [CMAKE_JS, ...args, "--log-level", "warn"], {
    cwd: packageRoot,
    stdio: ["ignore", "pipe", "pipe"],
    // CMakeLists.txt calls node, which may not be on the PATH that started this one.
    env: { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ""}` },
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      log.write(chunk);
      const done = shareDone(chunk.toString());
      if (done !== undefined) onProgress?.(done);
    });
  }
  const [exitCode] = await once(child, "close");
  return exitCode === 0;
}

/** Reads ninja's `[3/12]` or make's `[ 25%]`, the last one in a piece of output. */
export function shareDone(output: string): number | undefined {
  const [, done, total] = [...output.matchAll(/^\[\s*(\d+)(?:\/(\d+)|%)\]/gm)].at(-1) ?? [];
  return done === undefined ? undefined : Number(done) / Number(total ?? 100);
}
