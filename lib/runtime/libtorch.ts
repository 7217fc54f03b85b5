import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { cacheFolder } from "./paths.js";
import { findPythonTorch, pythonCommand } from "./python.js";
import { readText } from "./read-text.js";

/** LibTorch minor versions that libbert's native code builds against; the first is the one that setup fetches. */
export const SUPPORTED_MINORS = ["2.13", "2.11"];

/** A LibTorch on disk that libbert can use. */
export interface LibTorch {
  /** Absolute path of the folder that holds `lib/libtorch_cpu.so` and `include/`. */
  folder: string;
  /** For example `2.13.0`. */
  version: string;
  /** For example `2.13`: native binaries belong to one minor version. */
  minor: string;
  /** `cpu`, or the CUDA version it was built for: `cu130`. */
  flavour: string;
}

/** Where a LibTorch was looked for, in the order of the search. */
export type Source = "option" | "LIBTORCH" | "cache" | "Python";

/** One place that was looked at: either `libtorch` was taken from there, or it was `refused`, and why. */
export interface Candidate {
  source: Source;
  path: string;
  libtorch?: LibTorch;
  refused?: string;
}

/** Every place tried up to the first that fits. */
export interface Search {
  tried: Candidate[];
  found?: LibTorch;
}

/** The folder below which setup keeps LibTorch. */
export const libtorchCache = (): string => join(cacheFolder(), "libtorch");

/** The entry of `libtorchCache()` that stands for the folder last named to setup (a link). */
export const CHOSEN = "chosen";

/**
 * Finds a LibTorch: `option`, else the environment's `LIBTORCH`, else the cache, else Python's `torch`.
 * A folder that was named is the only one looked at, so that a mistake in it is never passed over.
 */
export function findLibTorch(option?: string): Search {
  const tried: Candidate[] = [];
  for (const candidate of candidates(option)) {
    tried.push(candidate);
    if (candidate.libtorch) return { tried, found: candidate.libtorch };
  }
  return { tried };
}

/** The candidate that a person named and that does not fit, if this is how the search ended. */
export function refusedByName(search: Search): Candidate | undefined {
  return search.tried.find(
    ({ source, refused }) => refused && (source === "option" || source === "LIBTORCH"),
  );
}

function* candidates(option: string | undefined): Generator<Candidate> {
  if (option !== undefined) yield examine("option", option);
  else if (process.env.LIBTORCH) yield examine("LIBTORCH", process.env.LIBTORCH);
  else {
    yield* cached();
    const torch = findPythonTorch();
    if ("folder" in torch) yield examine("Python", torch.folder);
    else yield { source: "Python", path: pythonCommand(), refused: torch.missing };
  }
}

/** Every LibTorch in the cache that libbert can use, in the order of the search. */
export function cachedLibTorch(): LibTorch[] {
  return [...cached()].flatMap(({ libtorch }) => libtorch ?? []);
}

/** The cache's entries: the one chosen by name first, then the newest version. */
function* cached(): Generator<Candidate> {
  const folder = libtorchCache();
  const entries = existsSync(folder) ? readdirSync(folder).filter((name) => !name.startsWith(".")) : [];
  if (entries.length === 0) yield { source: "cache", path: folder, refused: "nothing is there" };
  const chosen = entries.filter((name) => name === CHOSEN);
  const others = entries
    .filter((name) => name !== CHOSEN)
    .sort()
    .reverse();
  for (const name of [...chosen, ...others]) yield examine("cache", join(folder, name));
}

/** Judges one folder (LibTorch itself, or one that holds it as `torch/` or `libtorch/`) without loading anything. */
export function examine(source: Source, path: string): Candidate {
  const refuse = (refused: string): Candidate => ({ source, path, refused });
  if (!existsSync(path)) return refuse("it does not exist");
  const folder = [path, join(path, "torch"), join(path, "libtorch")]
    .map((folder) => resolve(folder))
    .find((folder) => existsSync(join(folder, "lib", "libtorch_cpu.so")));
  if (!folder) return refuse("it has no lib/libtorch_cpu.so");
  if (!existsSync(join(folder, "include"))) return refuse("it has no include/");
  const build = readBuild(folder);
  if (!build) return refuse("its version cannot be read (from version.py or build-version)");
  const libtorch = { folder, ...build };
  if (SUPPORTED_MINORS.includes(build.minor)) return { source, path, libtorch };
  return refuse(`it is LibTorch ${build.version}; libbert fits ${SUPPORTED_MINORS.join(" and ")}`);
}

/** Version and flavour, from the Python package's `torch/version.py` or from the `build-version` of a LibTorch zip. */
function readBuild(folder: string): Omit<LibTorch, "folder"> | undefined {
  const python = readText(join(folder, "version.py"));
  const full = python
    ? /__version__ = '([^']+)'/.exec(python)?.[1]
    : readText(join(folder, "build-version")).trim();
  const [, version, minor, local] = /^((\d+\.\d+)[^+]*)(?:\+(.*))?$/.exec(full ?? "") ?? [];
  if (!version || !minor) return undefined;
  const cuda = python
    ? /^cuda\b[^=]*= '([\d.]+)'/m.exec(python)?.[1]?.replace(".", "")
    : /^cu(\d+)/.exec(local ?? "")?.[1];
  return { version, minor, flavour: cuda ? `cu${cuda}` : "cpu" };
}
