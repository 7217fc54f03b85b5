import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { LibbertError } from "../errors.js";
import { examine, type LibTorch, libtorchCache } from "./libtorch.js";
import { packagesForPip, pythonCommand } from "./python.js";

/** The release that setup fetches: the CPU build where pip can find one, else the only build that PyPI has. */
const DEFAULT_VERSIONS = ["2.13.0+cpu", "2.13.0"];

/**
 * The release for a GPU: an index of PyTorch's own names the CUDA in the version, PyPI does not. `===` is pip's comparison
 * of the text, which the CPU build's `2.13.0+cpu` fails.
 */
export const CUDA_VERSIONS = ["2.13.0+cu130", "=2.13.0"];

/** A build for a GPU that is to be complete: what computes there, and the compiler where this machine lacks it. */
export interface ForGpu {
  gpu: boolean;
  nvcc: boolean;
}

/** What is kept of torch's wheel: the rest is Python. */
const KEPT = ["lib", "include", "version.py"];

/**
 * Fetches torch's wheel with pip, which brings the mirrors, proxies and hash checks that people have configured, and
 * keeps its LibTorch in the cache. The finished folder is moved into place at once: an interruption leaves nothing
 * that would be taken for a LibTorch.
 * @param versions of torch; the first of them that pip can find is taken.
 * @param options.gpu with all that CUDA needs to load, and the headers that libbert's CUDA library is built with, which lie
 *   in the same wheels; default: only what LibTorch needs where no GPU is.
 * @param options.nvcc with the compiler that builds libbert's CUDA library.
 */
export async function fetchLibTorch(
  log: (line: string) => void,
  versions = DEFAULT_VERSIONS,
  options: ForGpu = { gpu: false, nvcc: false },
): Promise<LibTorch> {
  const missing = packagesForPip();
  if (missing.length > 0) {
    const where = `LibTorch is fetched with ${pythonCommand()} -m pip, which cannot be started.`;
    const remedy = `apt-get install ${missing.join(" ")}, or name a LibTorch folder with LIBTORCH`;
    throw new LibbertError("ERR_RUNTIME", `${where}\nTo fix it: ${remedy}`);
  }
  removeAbandoned();
  const partial = join(libtorchCache(), `${PARTIAL}${process.pid}`);
  mkdirSync(join(partial, "tmp"), { recursive: true });
  try {
    log(`Fetching torch ${versions.join(" or ")} with pip`);
    const site = await installTorch(versions, partial);
    await installCuda(site, options, log);
    return moveIntoPlace(site, partial);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

const PARTIAL = ".partial-"; // followed by the id of the process that works there

/** Removes what processes that are gone have left. */
function removeAbandoned(): void {
  if (!existsSync(libtorchCache())) return;
  for (const name of readdirSync(libtorchCache())) {
    if (name.startsWith(PARTIAL) && !existsSync(join("/proc", name.slice(PARTIAL.length)))) {
      rmSync(join(libtorchCache(), name), { recursive: true, force: true });
    }
  }
}

/** Installs torch alone, in the first version that pip can find. Returns the folder that pip installed into. */
async function installTorch(versions: string[], partial: string): Promise<string> {
  const site = join(partial, "site");
  let failure: string | undefined;
  for (const version of versions) {
    failure = await pip(["--no-deps", "--target", site, `torch==${version}`], partial);
    if (failure === undefined) return site;
    rmSync(site, { recursive: true, force: true });
  }
  throw new LibbertError("ERR_RUNTIME", `pip could not install torch ${versions.at(-1)}:\n${failure}`);
}

/** A CUDA build's libtorch_cpu.so needs a few of NVIDIA's libraries even where no GPU is: adds their wheels. */
async function installCuda(site: string, { gpu, nvcc }: ForGpu, log: (line: string) => void): Promise<void> {
  const info = readdirSync(site).find((name) => /^torch-.*\.dist-info$/.test(name))!;
  // The last one is opened for linear algebra alone; the header of what it needs is part of every build for CUDA.
  const forGpu = ["libtorch_cuda.so", "libtorch_cuda_linalg.so"];
  const libraries = ["libtorch_cpu.so", ...(gpu ? forGpu : [])];
  const requirements = cudaRequirements(
    readFileSync(join(site, info, "METADATA"), "utf8"),
    libraries.flatMap((library) => neededLibraries(join(site, "torch", "lib", library))),
  );
  if (nvcc) requirements.push(...requirements.flatMap(compilerBeside));
  if (requirements.length === 0) return;
  log(`Fetching what its CUDA build needs to load: ${requirements.join(" ")}`);
  const failure = await pip(["--target", site, ...requirements], join(site, ".."));
  if (failure !== undefined) {
    throw new LibbertError("ERR_RUNTIME", `pip could not install ${requirements.join(" ")}:\n${failure}`);
  }
}

/**
 * Narrows the CUDA packages that a wheel's metadata requires (`cuda-toolkit[cublas,cudart,...]==13.0.3`,
 * `nvidia-cudnn-cu13==9.20.0.48`) to those that bring one of the `needed` libraries (`libcudart.so.13`).
 */
export function cudaRequirements(metadata: string, needed: string[]): string[] {
  const isNeeded = (name: string) =>
    needed.some((library) => new RegExp(`^lib${name}[._]`, "i").test(library));
  const toolkit = [...metadata.matchAll(/^Requires-Dist: cuda-toolkit\[([\w,]+)\](==[\d.]+)/gm)].flatMap(
    ([, extras, version]) => {
      const kept = extras!.split(",").filter(isNeeded);
      return kept.length > 0 ? [`cuda-toolkit[${kept}]${version}`] : [];
    },
  );
  const single = [...metadata.matchAll(/^Requires-Dist: (nvidia-(\w+?)(?:-cu\d+)?==[\d.]+)/gm)].flatMap(
    ([, requirement, name]) => (isNeeded(name!) ? [requirement!] : []),
  );
  return [...toolkit, ...single];
}

/** The compiler of the release that a requirement of CUDA's libraries names. */
export function compilerBeside(requirement: string): string[] {
  const version = /^cuda-toolkit\[.*\](==.*)$/.exec(requirement)?.[1];
  return version ? [`cuda-toolkit[nvcc]${version}`] : [];
}

/** The names of the shared libraries that the dynamic linker looks for on behalf of this one. */
function neededLibraries(library: string): string[] {
  const { stdout } = spawnSync("ldd", [library], { encoding: "utf8" });
  return [...stdout.matchAll(/^\s*(\S+) =>/gm)].map(([, name]) => name!);
}

function moveIntoPlace(site: string, partial: string): LibTorch {
  const { libtorch, refused } = examine("cache", site);
  if (!libtorch) throw new LibbertError("ERR_RUNTIME", `pip brought a torch that does not fit: ${refused}`);
  const ready = join(partial, "ready");
  mkdirSync(join(ready, "torch"), { recursive: true });
  for (const name of KEPT) renameSync(join(site, "torch", name), join(ready, "torch", name));
  // Beside torch/, where the library's RPATH looks for it.
  if (existsSync(join(site, "nvidia"))) renameSync(join(site, "nvidia"), join(ready, "nvidia"));
  const folder = join(libtorchCache(), `torch${libtorch.version}-${libtorch.flavour}`);
  rmSync(folder, { recursive: true, force: true });
  renameSync(ready, folder);
  return { ...libtorch, folder: join(folder, "torch") };
}

/** Runs `pip install`; pip shows its progress on standard error. Returns pip's last words if it failed. */
async function pip(args: string[], folder: string): Promise<string | undefined> {
  const flags = ["--no-compile", "--only-binary=:all:", "--disable-pip-version-check"];
  const child = spawn(pythonCommand(), ["-m", "pip", "install", ...flags, ...args], {
    cwd: folder,
    stdio: ["ignore", 2, "pipe"],
    // Unpacking next to the target: /tmp is often too small. A configured `user = true` contradicts --target.
    env: { ...process.env, TMPDIR: join(folder, "tmp"), PIP_USER: "0" },
  });
  const [errors, [exitCode]] = await Promise.all([text(child.stderr!), once(child, "close")]);
  return exitCode === 0 ? undefined : errors.trim().split("\n").slice(-8).join("\n");
}
