import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { LibTorch } from "../lib/runtime/libtorch.js";
import { packageRoot } from "../lib/runtime/paths.js";
import { BINARIES, CUDA_BINARY, variantName } from "../lib/runtime/variant.js";
import { type Binary, compareVersions, FAMILIES, readBinary } from "./binary.js";
import { faults } from "./portability.js";

/** What is written as manifest.json beside the binaries. */
export interface Manifest {
  variant: string;
  /** The LibTorch that they were built with; they fit every one of its minor version. */
  libtorch: string;
  /** All files together. */
  bytes: number;
  /** The highest symbol version of each family that one of them needs. */
  highest: Binary["highest"];
  binaries: Binary[];
}

/**
 * Copies the binaries of one build, without their symbol tables, to the folder that is published, and checks them.
 * @returns what they need.
 * @throws Error that lists why they would not do elsewhere; then nothing is left in the folder.
 */
export function packBinaries(libtorch: LibTorch, built: string, published: string): Manifest {
  const files = readdirSync(built).filter((file) => /\.(node|so)$/.test(file));
  const missing = BINARIES.filter((file) => !files.includes(file));
  if (missing.length > 0) throw new Error(`Expected ${missing.join(", ")} in ${built}`);
  rmSync(published, { recursive: true, force: true });
  mkdirSync(published, { recursive: true });
  for (const file of files) {
    copyFileSync(join(built, file), join(published, file));
    strip(join(published, file));
  }
  const madeIn = [packageRoot.replace(/\/$/, ""), libtorch.folder, homedir()];
  const found = files.flatMap((file) => faults(join(published, file), madeIn));
  if (found.length > 0) {
    rmSync(published, { recursive: true });
    throw new Error(
      [`${variantName(libtorch)} cannot be published:`, ...found.map((fault) => `  ${fault}`)].join("\n"),
    );
  }
  const manifest = describe(
    libtorch,
    files.map((file) => readBinary(join(published, file))),
  );
  writeFileSync(join(published, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  return manifest;
}

/** What is published for CUDA has the GPU's library, which a build leaves out where there is no nvcc. */
export function requireCuda({ flavour }: LibTorch, built: string): void {
  if (flavour === "cpu" || existsSync(join(built, CUDA_BINARY))) return;
  const log = join(built, "..", "build.log");
  throw new Error(`Expected ${CUDA_BINARY} in ${built}; ${log} may say why there is none`);
}

function strip(path: string): void {
  const child = spawnSync("strip", ["--strip-all", path], { encoding: "utf8" });
  if (child.status !== 0) throw child.error ?? new Error(child.stderr.trim());
}

function describe(libtorch: LibTorch, binaries: Binary[]): Manifest {
  const highestOf = (family: (typeof FAMILIES)[number]) =>
    binaries
      .flatMap(({ highest }) => highest[family] ?? [])
      .sort(compareVersions)
      .at(-1);
  return {
    variant: variantName(libtorch),
    libtorch: libtorch.version,
    bytes: binaries.reduce((sum, { bytes }) => sum + bytes, 0),
    highest: Object.fromEntries(FAMILIES.map((family) => [family, highestOf(family)])),
    binaries,
  };
}
