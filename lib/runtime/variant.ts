import { existsSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import nodeGypBuild from "node-gyp-build";
import { type LibTorch, SUPPORTED_MINORS } from "./libtorch.js";
import { packageRoot } from "./paths.js";

/** The three files of a variant; they lie in one folder. Node.js loads the first, which opens the others. */
export const BINARIES = ["libbert.node", "libbert_addon.so", "libbert_ops.so"];

/** The fourth file, of a variant that was built for CUDA. */
export const CUDA_BINARY = "libbert_cuda.so";

/** The machines that a folder of prebuilt binaries is for, as prebuildify and node-gyp-build call them. */
export const PLATFORM = `${process.platform}-${process.arch}`;

/** The name of the native build that fits a LibTorch, for example `torch2.13-cpu`. */
export function variantName(libtorch: LibTorch): string {
  return `torch${libtorch.minor}-${libtorch.flavour}`;
}

/** The variants of the LibTorch that setup fetches, for the CPU and for a GPU. */
export const DEFAULT_VARIANTS = {
  cpu: `torch${SUPPORTED_MINORS[0]}-cpu`,
  gpu: `torch${SUPPORTED_MINORS[0]}-cu130`,
};

/** The folder of a variant, which prebuildify builds in and node-gyp-build finds binaries in. */
export function variantFolder(variant: string): string {
  return join(packageRoot, "variants", variant);
}

/** Where this machine builds a variant. */
export function buildFolder(variant: string): string {
  return join(variantFolder(variant), "build");
}

/** Where the package brings a variant's binaries, if it does. */
export function prebuiltFolder(variant: string): string {
  return join(variantFolder(variant), "prebuilds", PLATFORM);
}

/** The variants whose binaries came with the package. */
export function prebuiltVariants(): string[] {
  const variants = join(packageRoot, "variants");
  if (!existsSync(variants)) return [];
  return readdirSync(variants).filter((variant) => existsSync(prebuiltFolder(variant)));
}

/**
 * The folder with a variant's binaries: the one that `LIBBERT_BINARIES` names, else the one built here, else the one that
 * came with the package.
 */
export function findBinaries(variant: string): string | undefined {
  const named = process.env.LIBBERT_BINARIES;
  if (named) return named;
  try {
    return dirname(nodeGypBuild.path(variantFolder(variant)));
  } catch {
    return undefined;
  }
}

/**
 * Whether a native source file was changed after the binaries were made, or one of them is missing. In an installed package
 * no source ever is changed, and the files' times tell in which order they were unpacked.
 */
export function isOutOfDate(binaries: string): boolean {
  return isSourceTree() && isOlderThanSources(binaries);
}

/** The package on npm has no sources of TypeScript, only what was compiled from them. */
const isSourceTree = (): boolean => existsSync(join(packageRoot, "lib/index.ts"));

function isOlderThanSources(binaries: string): boolean {
  const sources = ["native", "cmake"].flatMap((name) => {
    const folder = join(packageRoot, name);
    return readdirSync(folder, { recursive: true, encoding: "utf8" }).map((file) => join(folder, file));
  });
  const changed = Math.max(...[join(packageRoot, "CMakeLists.txt"), ...sources].map(modified));
  return changed > Math.min(...BINARIES.map((file) => modified(join(binaries, file))));
}

/** Milliseconds since 1970; 0 of a file that does not exist. */
const modified = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
