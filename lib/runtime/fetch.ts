import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { LibbertError } from "../errors.js";
import { isInside } from "../files/inside.js";
import { examine, type LibTorch, libtorchCache } from "./libtorch.js";
import * as pip from "./pip.js";
import { hasPip } from "./python.js";
import * as wheels from "./wheels/install.js";
import { lockDownloads, removePartialWheels } from "./wheels/partial-wheels.js";
import { indexes } from "./wheels/simple-index.js";

/** The release that setup fetches: the CPU build where one can be had, else the only build that PyPI has. */
const DEFAULT_VERSIONS = ["2.13.0+cpu", "2.13.0"];

/**
 * The release for a GPU: an index of PyTorch's own names the CUDA in the version, PyPI does not. `===` is pip's comparison
 * of the text, which the CPU build's `2.13.0+cpu` fails.
 */
export const CUDA_VERSIONS = ["2.13.0+cu130", "=2.13.0"];

export interface FetchOptions {
  /**
   * With all that CUDA needs to load, and the headers that libbert's CUDA library is built with, which lie in the same
   * wheels. Default: only what LibTorch needs where no GPU is
   */
  gpu?: boolean;
  /** With the compiler that builds libbert's CUDA library. Default: false */
  nvcc?: boolean;
  /** Is told the share of a file that is there, from 0 to 1; pip shows its progress itself. */
  onProgress?: (done: number) => void;
}

/** What is kept of torch's wheel: the rest is Python. */
const KEPT = ["lib", "include", "version.py"];

/** The same as members of wheels, and what NVIDIA's bring. */
const KEPT_MEMBERS = /^(torch\/(lib\/|include\/|version\.py$)|nvidia\/)/;

/** Whether a member of a wheel is kept: one that leads out of the wheel never is. */
export function isKept(member: string): boolean {
  return isInside(member) && KEPT_MEMBERS.test(member);
}

/** PyTorch's own, which have the builds that PyPI has not. */
const PYTORCH_INDEXES = ["cpu", "cu130"].map((flavour) => `https://download.pytorch.org/whl/${flavour}/`);

/**
 * Fetches torch's wheel, with pip where there is one: it brings the mirrors, proxies and certificates that people have
 * configured. Keeps its LibTorch in the cache. The finished folder is moved into place at once: an interruption leaves
 * nothing that would be taken for a LibTorch. One process at a time does so; others wait.
 * @param versions of torch; the first of them that can be had is taken.
 * @throws LibbertError `ERR_RUNTIME`
 */
export async function fetchLibTorch(
  log: (line: string) => void,
  versions = DEFAULT_VERSIONS,
  options: FetchOptions = {},
): Promise<LibTorch> {
  using _lock = await lockDownloads();
  removeAbandoned();
  const partial = join(libtorchCache(), `${PARTIAL}${randomUUID()}`);
  const site = join(partial, "site");
  mkdirSync(partial, { recursive: true });
  try {
    const installer = hasPip() ? withPip(site) : withoutPip(site, log, options);
    log(`Fetching torch ${versions.join(" or ")}${installer.from}`);
    await installer.first(versions.map((version) => `torch==${version}`));
    const requirements = requirementsForCuda(site, options);
    if (requirements.length > 0) {
      log(`Fetching what its CUDA build needs to load: ${requirements.join(" ")}`);
      await installer.all(requirements);
    }
    const libtorch = moveIntoPlace(site, partial);
    removePartialWheels();
    return libtorch;
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

/** What brings packages into a folder. */
interface Installer {
  /** The end of a sentence about it. */
  from: string;
  /** The first of these that can be had, without what it requires in turn. */
  first(requirements: readonly string[]): Promise<void>;
  /** All of these, and what they require. */
  all(requirements: readonly string[]): Promise<void>;
}

function withPip(site: string): Installer {
  return {
    from: " with pip",
    first: (requirements) => pip.installFirst(requirements, site),
    all: (requirements) => pip.installAll(requirements, site),
  };
}

function withoutPip(
  site: string,
  log: (line: string) => void,
  { onProgress = () => {} }: FetchOptions,
): Installer {
  const installation = {
    indexes: indexes(PYTORCH_INDEXES),
    site,
    isWanted: isKept,
    log,
    onProgress,
  };
  return {
    from: "",
    first: (requirements) => wheels.installFirst(requirements, installation),
    all: (requirements) => wheels.installAll(requirements, installation),
  };
}

const PARTIAL = ".partial-"; // followed by what no other fetch has

/** Removes what fetches that ended early have left: whoever has the lock is the only one that works there. */
function removeAbandoned(): void {
  mkdirSync(libtorchCache(), { recursive: true });
  for (const name of readdirSync(libtorchCache())) {
    if (name.startsWith(PARTIAL)) rmSync(join(libtorchCache(), name), { recursive: true, force: true });
  }
}

/** A CUDA build's libtorch_cpu.so needs a few of NVIDIA's libraries even where no GPU is: the packages that bring them. */
function requirementsForCuda(site: string, { gpu = false, nvcc = false }: FetchOptions): string[] {
  const info = readdirSync(site).find((name) => /^torch-.*\.dist-info$/.test(name))!;
  const metadata = readFileSync(join(site, info, "METADATA"), "utf8");
  if (!/^Requires-Dist: (cuda-toolkit|nvidia-)/m.test(metadata)) return [];
  // The last one is opened for linear algebra alone; the header of what it needs is part of every build for CUDA.
  const forGpu = ["libtorch_cuda.so", "libtorch_cuda_linalg.so"];
  const libraries = ["libtorch_cpu.so", ...(gpu ? forGpu : [])];
  const needed = libraries.flatMap((library) => neededLibraries(join(site, "torch", "lib", library)));
  const requirements = cudaRequirements(metadata, needed);
  return nvcc ? [...requirements, ...requirements.flatMap(compilerBeside)] : requirements;
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
  const { stdout, error } = spawnSync("ldd", [library], { encoding: "utf8" });
  if (error) throw new LibbertError("ERR_RUNTIME", `Expected to start ldd but received ${error.message}`);
  return [...stdout.matchAll(/^\s*(\S+) =>/gm)].map(([, name]) => name!);
}

function moveIntoPlace(site: string, partial: string): LibTorch {
  const { libtorch, refused } = examine("cache", site);
  if (!libtorch) throw new LibbertError("ERR_RUNTIME", `The torch that was fetched does not fit: ${refused}`);
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
