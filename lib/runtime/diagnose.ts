import { type Cuda, diagnoseCuda } from "./cuda.js";
import {
  type Candidate,
  findLibTorch,
  type LibTorch,
  refusedByName,
  type Search,
  SUPPORTED_MINORS,
} from "./libtorch.js";
import { packagesForBuild } from "./tools.js";
import { tryLoading } from "./trial.js";
import { DEFAULT_VARIANTS, findBinaries, prebuiltVariants, variantName } from "./variant.js";

/** How far libbert gets on this machine, and what stops it. */
export interface Diagnosis {
  search: Search;
  variant?: string;
  /** Folder of the variant's binaries. */
  binaries?: string;
  /** What there is for computing on a GPU; absent where libbert cannot even run on the CPU. */
  cuda?: Cuda;
  /** One sentence; absent when everything loads. */
  problem?: string;
  /** Commands that fix the problem, in order. */
  remedies: string[];
}

/** Looks for LibTorch, the binaries that fit it, and tries (once, in a child process) whether they load. */
export function diagnose(): Diagnosis {
  const search = findLibTorch();
  if (!search.found) return withoutLibTorch(search);
  const variant = variantName(search.found);
  const binaries = findBinaries(variant);
  if (!binaries) {
    const others = prebuiltVariants();
    const only = others.length > 0 ? `, only for ${others.join(", ")}` : "";
    const problem = `there are no native libraries for ${variant} yet${only}`;
    return { search, variant, problem, remedies: [...aptGet(packagesForBuild()), SETUP] };
  }
  const failure = tryLoading(search.found.folder, binaries);
  if (failure === undefined) {
    return { search, variant, binaries, cuda: diagnoseCuda(search.found, binaries), remedies: [] };
  }
  return { search, variant, binaries, problem: `${variant} does not load: ${failure}`, remedies: [SETUP] };
}

/** The whole story of a diagnosis with a problem, as an error message tells it. */
export function explain({ search, problem, remedies }: Diagnosis): string {
  return [
    `libbert cannot run: ${problem}`,
    "Looked for LibTorch at:",
    ...search.tried.map((candidate) => `  ${describeCandidate(candidate)}`),
    "To fix it:",
    ...remedies.map((command) => `  ${command}`),
  ].join("\n");
}

/** `cache /path: LibTorch 2.13.0 (cpu)`, or what was wrong there. */
export function describeCandidate({ source, path, libtorch, refused }: Candidate): string {
  return `${source} ${path}: ${libtorch ? describeLibTorch(libtorch) : refused}`;
}

/** `LibTorch 2.13.0 (cpu)` */
export function describeLibTorch({ version, flavour }: LibTorch): string {
  return `LibTorch ${version} (${flavour})`;
}

const SETUP = "npx libbert setup";

/** The command that installs Debian packages; nothing for none. */
function aptGet(packages: string[]): string[] {
  return packages.length > 0 ? [`apt-get install ${packages.join(" ")}`] : [];
}

function withoutLibTorch(search: Search): Diagnosis {
  const named = refusedByName(search);
  if (named) {
    const fitting = `export LIBTORCH=FOLDER   # of LibTorch ${SUPPORTED_MINORS.join(" or ")}`;
    const problem = `${named.source} names ${named.path}, but ${named.refused}`;
    return { search, problem, remedies: [fitting, `unset LIBTORCH && ${SETUP}   # or let setup find one`] };
  }
  const packages = findBinaries(DEFAULT_VARIANTS.cpu) ? [] : packagesForBuild();
  return { search, problem: "no LibTorch was found", remedies: [...aptGet(packages), SETUP] };
}
