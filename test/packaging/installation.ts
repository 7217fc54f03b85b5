import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { delimiter, join, relative } from "node:path";
import { diagnose } from "../../lib/runtime/diagnose.js";
import type { LibTorch } from "../../lib/runtime/libtorch.js";
import { packageRoot } from "../../lib/runtime/paths.js";
import { BINARIES, CUDA_BINARY, prebuiltFolder, variantFolder } from "../../lib/runtime/variant.js";
import { type Manifest, packVariant } from "../../packaging/pack.js";

/** What `npm pack --json` says about a tarball. */
export interface Tarball {
  path: string;
  size: number; // bytes
  unpackedSize: number;
  files: { path: string }[];
}

/** What of the source tree `npm pack` may look at; prebuilt binaries come to it. */
const SOURCE = ["package.json", "README.md", "LICENSE", "CMakeLists.txt", "cmake", "native", "dist/lib"];

/** Packs the package as it is published: with this machine's native build, and with whatever else was prebuilt. */
export async function packTarball(root: string): Promise<Tarball> {
  const source = join(root, "source");
  for (const path of SOURCE.filter((place) => existsSync(join(packageRoot, place)))) {
    cpSync(join(packageRoot, path), join(source, path), { recursive: true });
  }
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

/** Programs of coreutils, and Node.js's own. */
const TOOLS = ["node", "npm", "env", "cat", "cp", "ls", "mkdir", "mv", "rm", "uname"];

/** Makes a folder that is a whole PATH: Node.js and a few of coreutils, nothing that compiles and no Python. */
export function toolFolder(root: string): string {
  const tools = join(root, "tools");
  mkdirSync(tools);
  for (const name of TOOLS) {
    const folder = (process.env.PATH ?? "").split(delimiter).find((place) => existsSync(join(place, name)));
    if (folder) symlinkSync(realpathSync(join(folder, name)), join(tools, name));
  }
  return tools;
}

/** What npm says where it gets no package, neither from its cache nor from a registry. */
const UNREACHABLE = /ENOTCACHED|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|E40[34]/;

/** Installs a tarball into an empty application, with npm as it is configured; why not, where npm reaches nothing. */
export function install(tarball: string, application: string, tools: string): { unreachable?: string } {
  mkdirSync(application);
  writeFileSync(join(application, "package.json"), JSON.stringify({ private: true }));
  const child = spawnSync("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", tarball], {
    cwd: application,
    encoding: "utf8",
    env: { ...process.env, PATH: tools },
  });
  if (child.status === 0) return {};
  if (UNREACHABLE.test(child.stderr)) return { unreachable: child.stderr.trim().split("\n")[0] };
  throw child.error ?? new Error(child.stderr);
}
