import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import prebuildify from "prebuildify";
import type { LibTorch } from "../lib/runtime/libtorch.js";
import { packageRoot } from "../lib/runtime/paths.js";
import { BINARIES, CUDA_BINARY, PLATFORM, variantName } from "../lib/runtime/variant.js";
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
 * Builds a variant with prebuildify, which puts the binaries without their symbol tables into `prebuilds`, and checks them.
 * @param folder of the variant
 * @param nodeGyp the program that builds into `build/Release` there
 * @returns what they need.
 * @throws Error that lists why they would not do elsewhere; then nothing is left in the folder that is published.
 */
export async function packVariant(libtorch: LibTorch, folder: string, nodeGyp: string): Promise<Manifest> {
  const published = join(folder, "prebuilds", PLATFORM);
  rmSync(published, { recursive: true, force: true });
  try {
    await promisify(prebuildify)({ cwd: folder, name: "libbert", napi: true, strip: true, nodeGyp });
    requirePortable(libtorch, published);
    const manifest = describe(libtorch, published);
    writeFileSync(join(published, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
    return manifest;
  } catch (error) {
    rmSync(published, { recursive: true, force: true });
    throw error;
  }
}

function requirePortable(libtorch: LibTorch, published: string): void {
  const files = readdirSync(published);
  const madeIn = [packageRoot.replace(/\/$/, ""), libtorch.folder, homedir()];
  const found = [
    ...BINARIES.filter((file) => !files.includes(file)).map((file) => `${file} is missing`),
    ...files.flatMap((file) => faults(join(published, file), madeIn)),
  ];
  if (found.length === 0) return;
  throw new Error(
    [`${variantName(libtorch)} cannot be published:`, ...found.map((fault) => `  ${fault}`)].join("\n"),
  );
}

/** Whether what is published for CUDA has code for GPUs. On 64-bit ARM it runs on the CPU: the rest has not been tried there. */
export const PUBLISHES_GPU_CODE = process.arch === "x64";

/** Where it has, the GPU's library has to be there, which a build leaves out where there is no nvcc. */
export function requireCuda({ flavour }: LibTorch, built: string, forGpu = PUBLISHES_GPU_CODE): void {
  if (flavour === "cpu" || !forGpu || existsSync(join(built, CUDA_BINARY))) return;
  const log = join(built, "..", "build.log");
  throw new Error(`Expected ${CUDA_BINARY} in ${built}; ${log} may say why there is none`);
}

function describe(libtorch: LibTorch, published: string): Manifest {
  const binaries = readdirSync(published).map((file) => readBinary(join(published, file)));
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
