import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { diagnose } from "../../lib/runtime/diagnose.js";
import { CUDA_VERSIONS, fetchLibTorch } from "../../lib/runtime/fetch.js";
import { cachedLibTorch, type LibTorch } from "../../lib/runtime/libtorch.js";
import { cacheFolder, packageRoot } from "../../lib/runtime/paths.js";
import { hasNvcc } from "../../lib/runtime/tools.js";
import { buildFolder, CUDA_BINARY, variantName } from "../../lib/runtime/variant.js";
import { setEnvironment } from "../runtime/fakes.js";

const skip = hasNvcc() ? false : "there is no nvcc";
const binaries = diagnose().binaries!;

// `npm run prebuild` builds and loads it with the other versions of LibTorch.
test(`libbert_cuda.so loads without a GPU, all its symbols resolved, with LibTorch ${CUDA_VERSIONS[0]}`, {
  skip,
}, async (t) => {
  const libtorch = await obtain(t);
  if (libtorch === undefined) return;
  const library = join(build(libtorch, "libbert_cuda"), "Release", CUDA_BINARY);
  load(libtorch, library);
  checkContents(libtorch, readFileSync(library, "latin1"));
});

// NVIDIA's own library takes the descriptions, which it does without a GPU; of a product it needs one.
test("what cuBLASLt is asked for gives a linear layer both gradients, its algorithm chosen once for each shape", {
  skip,
}, async (t) => {
  const libtorch = await obtain(t);
  if (libtorch === undefined) return;
  const { stdout } = run(join(build(libtorch, "check_cublas_lt"), "test", "check_cublas_lt"), []);
  assert.ok(stdout.split("\n").filter((line) => line.startsWith("ok")).length > 80);
});

/** From a cache of its own, since a LibTorch with CUDA in the usual one would be preferred from then on. */
async function obtain(t: TestContext): Promise<LibTorch | undefined> {
  setEnvironment(t, { LIBBERT_CACHE: join(cacheFolder(), "cuda") });
  const wanted = CUDA_VERSIONS[0]!.split("+")[0];
  const cached = cachedLibTorch().find(({ version }) => version === wanted);
  if (cached) return cached;
  try {
    return await fetchLibTorch((line) => t.diagnostic(line), CUDA_VERSIONS, { gpu: true, nvcc: false });
  } catch (error) {
    t.skip(`no LibTorch with CUDA could be fetched: ${(error as Error).message.split("\n")[0]}`);
    return undefined;
  }
}

/** Builds what is named, alone. Returns the folder. */
function build(libtorch: LibTorch, target: string): string {
  const folder = join(buildFolder(variantName(libtorch)), "operators");
  const options = [`-DLIBTORCH=${libtorch.folder}`, "-DLIBBERT_OPS_ONLY=ON"];
  run("cmake", ["-S", packageRoot, "-B", folder, ...options]);
  const jobs = String(Math.min(4, availableParallelism()));
  run("cmake", ["--build", folder, "--target", target, "--parallel", jobs]);
  return folder;
}

/**
 * In a process of its own. libbert.node opens with RTLD_NOW: one symbol that nothing defines is an error. With the operators' schemas
 * loaded before, so is a kernel whose arguments are others.
 */
function load({ folder }: LibTorch, library: string): void {
  const libraries = ["libc10.so", "libtorch_cpu.so", "libc10_cuda.so", "libtorch_cuda.so"];
  const operators = join(binaries, "libbert_ops.so"); // of the same release, for the CPU
  const paths = [...libraries.map((file) => join(folder, "lib", file)), operators, library];
  const loader = join(binaries, "libbert.node");
  const script =
    "const [loader, ...paths] = process.argv.slice(1); for (const path of paths) require(loader).open(path)";
  run(process.execPath, ["--eval", script, loader, ...paths]);
}

function checkContents({ folder }: LibTorch, content: string): void {
  for (const path of [packageRoot.replace(/\/$/, ""), folder]) {
    assert.ok(!content.includes(path), `${path} is named inside ${CUDA_BINARY}`);
  }
  for (const code of ["sm_80", "sm_90", "sm_100", "sm_120"]) {
    assert.ok(content.includes(code), `${CUDA_BINARY} has no code for ${code}`);
  }
}

function run(command: string, args: string[]): { stdout: string } {
  const child = spawnSync(command, args, { encoding: "utf8", maxBuffer: 1 << 26 });
  assert.equal(child.status, 0, `${command} ${args.join(" ")}\n${child.stdout}${child.stderr}`);
  return child;
}
