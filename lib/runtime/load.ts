import { LibbertError } from "../errors.js";
import { type NativeAddon, openAddon, releaseMemory } from "./addon.js";
import type { Cuda } from "./cuda.js";
import { diagnose, explain } from "./diagnose.js";
import type { LibTorch } from "./libtorch.js";
import { fingerprint } from "./trial.js";

export type { NativeAddon } from "./addon.js";

interface Loaded {
  libtorch: LibTorch;
  binaries: string;
  addon: NativeAddon;
  cuda: Cuda;
}

let loaded: Loaded | undefined; // one a thread: each thread of Node.js has its own copy of this module

/**
 * Loads LibTorch and the native addon, once a thread, with CUDA where it can be used; the first load of a build is tried
 * in a child process.
 * @throws LibbertError `ERR_RUNTIME` that lists what was found and tried, and the commands that fix it.
 */
export function loadNative(): NativeAddon {
  return load().addon;
}

/** What loading found of CUDA. @throws as `loadNative` does */
export function loadedCuda(): Cuda {
  return load().cuda;
}

/** Which LibTorch was loaded. @throws as `loadNative` does */
export function foundLibTorch(): LibTorch {
  return load().libtorch;
}

/** One name for what was loaded: it changes with every build. @throws as `loadNative` does */
export function loadedFingerprint(): string {
  const { libtorch, binaries, cuda } = load();
  return fingerprint(libtorch.folder, binaries, cuda.problem === undefined);
}

/** Gives memory that was freed back to the system, where the addon is loaded. */
export function releaseFreedMemory(): void {
  if (loaded) releaseMemory(loaded.binaries);
}

function load(): Loaded {
  loaded ??= open();
  return loaded;
}

function open(): Loaded {
  const diagnosis = diagnose();
  const { search, binaries, cuda } = diagnosis;
  if (diagnosis.problem !== undefined || !search.found || !binaries || !cuda) {
    throw new LibbertError("ERR_RUNTIME", explain(diagnosis));
  }
  const addon = openAddon(search.found.folder, binaries, { cuda: cuda.problem === undefined });
  return { libtorch: search.found, binaries, addon, cuda };
}
