/**
 * Packs what a machine with a GPU lacks where it has neither Node.js nor a network: `npm run gpu:pack`. Everything goes into
 * runs/gpu-pack.tar.xz, from which test/gpu/check.py takes it.
 *
 *   npm run gpu:pack -- --variant torch2.11-cu130 --data ../shared/data
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, existsSync, mkdirSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { BINARIES, CUDA_BINARY } from "../lib/runtime/variant.js";

/** The archive goes with a copy of the repository, which is to stay small: 64 MiB together. */
const LIMIT = 56 * 1024 * 1024;

const PACK = "runs/gpu-pack";

/** What the benchmarks read. */
const DATA = ["vocab/bert-base-uncased.txt", "sst2/train.tsv", "corpus/reviews.jsonl"];

/** Of the packages that are only for development, those that the tests need. */
const FOR_TESTS = ["fast-check", "pure-rand"];

const { values: options } = parseArgs({
  options: {
    variant: { type: "string", default: "torch2.11-cu130" },
    data: { type: "string", default: "../shared/data" },
  },
});

rmSync(PACK, { recursive: true, force: true });
mkdirSync(PACK, { recursive: true });
packLibraries(options.variant);
packModules();
packData(options.data);
cpSync("dist", join(PACK, "dist"), { recursive: true, filter: (path) => !/\.(map|d\.ts)$/.test(path) });
copyFileSync(process.execPath, join(PACK, "node"));
execFileSync("strip", [join(PACK, "node")]);
// tar runs xz as a program of its own, which reads its settings here.
const env = { ...process.env, XZ_OPT: "-9 --threads=2" };
execFileSync("tar", ["--create", "--xz", "--file", `${PACK}.tar.xz`, "--directory", PACK, "."], { env });
rmSync(PACK, { recursive: true });
const { size } = statSync(`${PACK}.tar.xz`);
console.log(`${PACK}.tar.xz: ${(size / 1024 ** 2).toFixed(1)} MiB`);
if (size > LIMIT) throw new Error(`Expected at most ${LIMIT} bytes for ${PACK}.tar.xz but received ${size}`);

function packLibraries(variant: string): void {
  const folder = join("variants", variant, "build", "Release");
  const libraries = [...BINARIES, CUDA_BINARY];
  const missing = libraries.filter((library) => !existsSync(join(folder, library)));
  if (missing.length > 0) {
    const needed = "libbert setup --cuda, with LIBTORCH or a Python that has that torch";
    throw new Error(
      `Expected the libraries of ${variant} in ${folder} but ${missing.join(", ")} is missing: ${needed}`,
    );
  }
  for (const library of libraries) copyInto(join(folder, library));
}

/** The packages that libbert depends on; of tokenizers, the binary of Linux with glibc alone. */
function packModules(): void {
  const production = execFileSync("npm", ["ls", "--omit=dev", "--all", "--parseable"], { encoding: "utf8" });
  const folders = production.split("\n").flatMap((path) => /\/(node_modules\/.+)$/.exec(path)?.[1] ?? []);
  for (const folder of [...folders, ...FOR_TESTS.map((name) => join("node_modules", name))])
    cpSync(folder, join(PACK, folder), { recursive: true, filter: isForHere });
}

function isForHere(path: string): boolean {
  return !path.endsWith(".node") || /linux-x64-gnu/.test(path) || !/tokenizers/.test(path);
}

function packData(folder: string): void {
  for (const file of DATA) {
    mkdirSync(join(PACK, "data", dirname(file)), { recursive: true });
    copyFileSync(join(folder, file), join(PACK, "data", file));
  }
}

function copyInto(path: string): void {
  mkdirSync(join(PACK, dirname(path)), { recursive: true });
  copyFileSync(path, join(PACK, path));
}
