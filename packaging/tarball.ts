import { spawnSync } from "node:child_process";
import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { diagnose } from "../lib/runtime/diagnose.js";
import type { LibTorch } from "../lib/runtime/libtorch.js";
import { packageRoot } from "../lib/runtime/paths.js";
import { BINARIES, CUDA_BINARY, prebuiltFolder, variantFolder } from "../lib/runtime/variant.js";
import { type Manifest, packVariant } from "./pack.js";

/** What `npm pack --json` says about a tarball. */
export interface Tarball {
  path: string;
  size: number; // bytes
  unpackedSize: number;
  files: { path: string }[];
}

/** Packs the package as it is published: with this machine's native build, and with whatever else was prebuilt. */
export async function packTarball(root: string): Promise<Tarball> {
  const source = join(root, "source");
  for (const path of publishedPaths())
    cpSync(join(packageRoot, path), join(source, path), { recursive: true });
  const copied = (variant: string) => join(source, relative(packageRoot, prebuiltFolder(variant)));
  for (const variant of readdirSync(join(packageRoot, "variants"))) {
    const prebuilt = prebuiltFolder(variant);
    if (existsSync(prebuilt)) cpSync(prebuilt, copied(variant), { recursive: true });
  }
  const { search, variant, binaries } = diagnose();
  const folder = join(source, relative(packageRoot, variantFolder(variant!)));
  copyBinaries(binaries!, folder);
  await packBuilt(search.found!, folder);
  const child = spawnSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", root], {
    cwd: source,
    encoding: "utf8",
  });
  if (child.status !== 0) throw new Error(child.stderr);
  const [{ filename, ...packed }] = JSON.parse(child.stdout);
  return { ...packed, path: join(root, filename) };
}

/** What of the source tree is published; patterns apart, of which prebuilt binaries are one. */
function publishedPaths(): string[] {
  const { files }: { files: string[] } = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8"));
  const always = ["package.json", "README.md", "LICENSE"]; // npm packs these by itself
  return [...always, ...files.filter((path) => !/[!*]/.test(path))];
}

/** Copies a variant's binaries to where a build would have put them in another folder of a variant. */
export function copyBinaries(binaries: string, folder: string): void {
  const built = join(folder, "build/Release");
  mkdirSync(built, { recursive: true });
  for (const file of [...BINARIES, CUDA_BINARY].filter((file) => existsSync(join(binaries, file))))
    copyFileSync(join(binaries, file), join(built, file));
}

/** Packs what is built already: prebuildify starts a program that does nothing. */
export function packBuilt(libtorch: LibTorch, folder: string): Promise<Manifest> {
  return packVariant(libtorch, folder, "true");
}
