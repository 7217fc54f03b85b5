/**
 * npm run prebuild [-- [--libtorch FOLDER]... [VARIANT...]]
 *
 * Builds the variants that are published with the package (or those named) into variants/<variant>/prebuilds, checks that
 * they will load elsewhere, and prints what they need. LibTorch of a variant is one of the folders named, else the
 * cache's, else it is fetched.
 */
import { chmodSync, mkdirSync, realpathSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { requireBuildTools } from "../lib/runtime/build.js";
import { fetchLibTorch } from "../lib/runtime/fetch.js";
import { cachedLibTorch, examine, type LibTorch } from "../lib/runtime/libtorch.js";
import { hasNvcc } from "../lib/runtime/tools.js";
import { tryLoading } from "../lib/runtime/trial.js";
import { DEFAULT_VARIANTS, prebuiltFolder, variantFolder, variantName } from "../lib/runtime/variant.js";
import { PUBLISHES_GPU_CODE, packVariant } from "./pack.js";
import { table } from "./table.js";

/** What the package on npm brings: for 64-bit ARM, what setup fetches there. */
const PUBLISHED =
  process.arch === "arm64"
    ? Object.values(DEFAULT_VARIANTS)
    : ["torch2.13-cpu", "torch2.13-cu130", "torch2.11-cu130"];

/** What prebuildify starts to build a variant. */
const NODE_GYP = fileURLToPath(new URL("./node-gyp.js", import.meta.url));

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { libtorch: { type: "string", multiple: true, default: [] } },
});
try {
  await prebuild(positionals.length > 0 ? positionals : PUBLISHED, values.libtorch);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function prebuild(variants: string[], folders: string[]): Promise<void> {
  const unknown = variants.find((variant) => !PUBLISHED.includes(variant));
  if (unknown) throw new Error(`Expected ${PUBLISHED.join(", ")} for VARIANT but received "${unknown}"`);
  const named = folders.map(namedLibTorch);
  const idle = named.find((libtorch) => !variants.includes(variantName(libtorch)));
  if (idle)
    throw new Error(
      `Expected LibTorch of ${variants.join(", ")} for --libtorch but received ${variantName(idle)}`,
    );
  requireBuildTools();
  chmodSync(NODE_GYP, 0o755); // the compiler of TypeScript writes no programs
  const manifests = [];
  for (const variant of variants) {
    const libtorch = named.find((one) => variantName(one) === variant) ?? (await obtain(variant));
    console.error(`Building ${variant} with ${libtorch.folder}`);
    process.env.LIBTORCH = libtorch.folder; // for NODE_GYP
    mkdirSync(variantFolder(variant), { recursive: true });
    manifests.push(await packVariant(libtorch, variantFolder(variant), NODE_GYP));
    console.error(`  ${loadingHere(libtorch, variant)}`);
  }
  console.log(table(manifests));
}

/** A LibTorch that was named with --libtorch. Its links are followed: the folder itself must not be named inside a binary. */
function namedLibTorch(folder: string): LibTorch {
  const { libtorch, refused } = examine("option", folder);
  if (!libtorch)
    throw new Error(`Expected a folder of LibTorch for --libtorch but received "${folder}": ${refused}`);
  return { ...libtorch, folder: realpathSync(libtorch.folder) };
}

async function obtain(variant: string): Promise<LibTorch> {
  const cached = cachedLibTorch().find((libtorch) => variantName(libtorch) === variant);
  if (cached) return cached;
  const [, minor, flavour] = /^torch([\d.]+)-(\w+)$/.exec(variant)!;
  const log = (line: string) => console.error(line);
  const fetched =
    flavour === "cpu"
      ? await fetchLibTorch(log, [`${minor}.0+cpu`])
      : // The second as in CUDA_VERSIONS: PyPI's build, which does not name its CUDA.
        await fetchLibTorch(log, [`${minor}.0+${flavour}`, `=${minor}.0`], {
          gpu: PUBLISHES_GPU_CODE,
          nvcc: PUBLISHES_GPU_CODE && !hasNvcc(),
        });
  if (variantName(fetched) === variant) return fetched;
  throw new Error(
    `Expected LibTorch of ${variant} but received ${variantName(fetched)}: name one with --libtorch`,
  );
}

/**
 * A load, with what is for a GPU, where this machine has what LibTorch itself needs: a CUDA build's libraries are often not
 * beside it. No GPU is needed: one symbol that nothing defines is an error.
 */
function loadingHere(libtorch: LibTorch, variant: string): string {
  const cuda = libtorch.flavour !== "cpu" && PUBLISHES_GPU_CODE;
  const failure = tryLoading(libtorch.folder, prebuiltFolder(variant), { cuda });
  if (failure === undefined) return "loads on this machine";
  if (/cannot open shared object file/.test(failure)) return `load not tried: ${failure}`;
  rmSync(prebuiltFolder(variant), { recursive: true });
  throw new Error(`${variant} was built, but does not load: ${failure}`);
}
