import { existsSync, mkdirSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { LibbertError } from "../errors.js";
import { buildNative, requireBuildTools } from "./build.js";
import { describeLibTorch } from "./diagnose.js";
import { CUDA_VERSIONS, fetchLibTorch } from "./fetch.js";
import {
  type Candidate,
  CHOSEN,
  cachedLibTorch,
  findLibTorch,
  type LibTorch,
  libtorchCache,
  refusedByName,
  type Source,
  SUPPORTED_MINORS,
} from "./libtorch.js";
import { hasNvcc } from "./tools.js";
import { tryLoading } from "./trial.js";
import {
  buildFolder,
  CUDA_BINARY,
  DEFAULT_VARIANTS,
  findBinaries,
  isOutOfDate,
  prebuiltFolder,
  variantName,
} from "./variant.js";

/** What of setup takes long. */
export type SetupStep = "fetch" | "build";

export interface SetupOptions {
  /** A folder with LibTorch; it is remembered for later runs. Default: the one found, else one is fetched. */
  libtorch?: string;
  /** Take a LibTorch with CUDA, and fetch one where there is only a CPU build. Default false: the first that fits. */
  cuda?: boolean;
  /** Build the native libraries from scratch even when they fit. Default false. */
  force?: boolean;
  /** Is told what happens, a line at a time. */
  log?: (line: string) => void;
  /** Is told the share of a download, or of the native build, that is done, from 0 to 1. */
  onProgress?: (step: SetupStep, done: number) => void;
}

export interface SetupResult {
  libtorch: LibTorch;
  /** The native build in use, for example `torch2.13-cpu`. */
  variant: string;
}

/**
 * Makes libbert ready to run on this machine: finds or fetches LibTorch, builds the native libraries that fit it
 * unless they are there, and loads them once in a child process. Doing it again costs well under a second.
 * @throws LibbertError `ERR_OPTION` for a `libtorch` that does not fit, else `ERR_RUNTIME` that says what to do.
 */
export async function setup(options: SetupOptions = {}): Promise<SetupResult> {
  const { log = () => {}, onProgress = () => {} } = options;
  const libtorch = await obtainLibTorch(options, log, (done) => onProgress("fetch", done));
  const variant = variantName(libtorch);
  const reason = options.force ? "asked for" : reasonToBuild(libtorch, variant, options.cuda ?? false);
  if (reason !== undefined) {
    requireBuildTools();
    log(`Building the native libraries ${variant} (${reason})`);
    // Without the old results, even those that came out damaged are linked anew.
    const build = buildFolder(variant);
    rmSync(options.force ? build : join(build, "Release"), { recursive: true, force: true });
    const binaries = await buildNative(libtorch, (done) => onProgress("build", done));
    const failure = tryLoading(libtorch.folder, binaries);
    if (failure) throw new LibbertError("ERR_RUNTIME", `${variant} was built, but does not load: ${failure}`);
    if (options.cuda && !existsSync(join(binaries, CUDA_BINARY))) {
      const why = `what was missing is in ${join(build, "build.log")}`;
      throw new LibbertError("ERR_RUNTIME", `${variant} was built without ${CUDA_BINARY}: ${why}`);
    }
  } else if (findBinaries(variant) === prebuiltFolder(variant)) {
    log(`The native libraries ${variant} came with the package: nothing to build`);
  }
  log(`Ready: ${variant} with ${libtorch.folder}`);
  return { libtorch, variant };
}

async function obtainLibTorch(
  { libtorch: option, cuda = false }: SetupOptions,
  log: (line: string) => void,
  onProgress: (done: number) => void,
): Promise<LibTorch> {
  const search = findLibTorch(option);
  const named = refusedByName(search);
  if (named) {
    const what = `a folder of LibTorch ${SUPPORTED_MINORS.join(" or ")}`;
    throw unfit(named.source, what, `"${named.path}": ${named.refused}`);
  }
  if (cuda && search.found?.flavour === "cpu") {
    log(`${describeLibTorch(search.found)} has no CUDA`);
    return obtainCuda(search.tried.at(-1)!, log, onProgress);
  }
  if (!search.found) {
    if (cuda) return fetchCuda(log, onProgress);
    // No sense in a long download before a build that cannot start.
    if (!findBinaries(DEFAULT_VARIANTS.cpu)) requireBuildTools();
    return fetchLibTorch(log, undefined, { onProgress });
  }
  log(`${describeLibTorch(search.found)} from ${search.tried.at(-1)!.source}: ${search.found.folder}`);
  if (option !== undefined) remember(search.found.folder);
  return search.found;
}

/** A LibTorch with CUDA in the place of a CPU build that was found first; one that was named stays. */
async function obtainCuda(
  { source, path }: Candidate,
  log: (line: string) => void,
  onProgress: (done: number) => void,
): Promise<LibTorch> {
  if (source === "option" || source === "LIBTORCH")
    throw unfit(source, "LibTorch with CUDA", `the CPU build in "${path}"`);
  const cached = cachedLibTorch().find(({ flavour }) => flavour !== "cpu");
  const libtorch = cached ?? (await fetchCuda(log, onProgress));
  remember(libtorch.folder);
  return libtorch;
}

/** The error for a LibTorch that was named, by the option or the variable of the environment. */
function unfit(source: Source, what: string, received: string): LibbertError {
  const isOption = source === "option";
  const name = isOption ? "libtorch" : "LIBTORCH";
  const message = `Expected ${what} for ${name} but received ${received}`;
  return new LibbertError(isOption ? "ERR_OPTION" : "ERR_RUNTIME", message, { option: name });
}

function fetchCuda(log: (line: string) => void, onProgress: (done: number) => void): Promise<LibTorch> {
  const binaries = findBinaries(DEFAULT_VARIANTS.gpu);
  const isBuilt = binaries !== undefined && existsSync(join(binaries, CUDA_BINARY));
  if (!isBuilt) requireBuildTools();
  return fetchLibTorch(log, CUDA_VERSIONS, { gpu: true, nvcc: !isBuilt && !hasNvcc(), onProgress });
}

/** Links the folder into the cache, where the next search finds it first. */
function remember(folder: string): void {
  const target = realpathSync(folder);
  const link = join(libtorchCache(), CHOSEN);
  mkdirSync(libtorchCache(), { recursive: true });
  rmSync(link, { force: true });
  symlinkSync(target, link);
}

/** Why the native libraries have to be built (again), if they have to. */
function reasonToBuild(libtorch: LibTorch, variant: string, cuda: boolean): string | undefined {
  const binaries = findBinaries(variant);
  if (!binaries) return "there are none yet";
  if (cuda && !existsSync(join(binaries, CUDA_BINARY))) return `${CUDA_BINARY} is missing`;
  if (isOutOfDate(binaries)) return "a source file is newer";
  const failure = tryLoading(libtorch.folder, binaries);
  return failure && `they do not load: ${failure}`;
}
