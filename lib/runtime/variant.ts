import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { LibTorch } from "./libtorch.js";
import { packageRoot } from "./paths.js";

/** The three files of a variant; they lie in one folder. */
export const BINARIES = ["libbert_ops.so", "libbert.node", "preload.node"];

/** The fourth file, of a variant that was built for CUDA. */
export const CUDA_BINARY = "libbert_cuda.so";

/** The name of the native build that fits a LibTorch, for example `torch2.13-cpu`. */
export function variantName(libtorch: LibTorch): string {
  return `torch${libtorch.minor}-${libtorch.flavour}`;
}

/** Where this machine builds a variant. */
export function buildFolder(variant: string): string {
  return join(packageRoot, "variants", variant, "build");
}

/** The folder with a variant's binaries: the one built here, else the one that came with the package. */
export function findBinaries(variant: string): string | undefined {
  return [
    join(buildFolder(variant), "Release"),
    join(packageRoot, "variants", variant, "prebuilds", "linux-x64"),
  ].find((folder) => BINARIES.every((file) => existsSync(join(folder, file))));
}

/** Whether a native source file was changed after the binaries were made. */
export function isOutOfDate(binaries: string): boolean {
  const native = join(packageRoot, "native");
  const sources = readdirSync(native, { recursive: true, encoding: "utf8" }).map((file) =>
    join(native, file),
  );
  const changed = Math.max(...[join(packageRoot, "CMakeLists.txt"), ...sources].map(modified));
  return changed > Math.min(...BINARIES.map((file) => modified(join(binaries, file))));
}

const modified = (path: string): number => statSync(path).mtimeMs;
