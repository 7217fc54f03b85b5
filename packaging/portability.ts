import { readFileSync } from "node:fs";
import { CUDA_BINARY } from "../lib/runtime/variant.js";
import { type Binary, compareVersions, FAMILIES, type Family, readBinary, symbolsAbove } from "./binary.js";

/**
 * The newest symbols that a binary may need. LibTorch's wheels (their tag: manylinux_2_28) and Node.js 20 need
 * glibc 2.28 themselves; the others are those of GCC 8, which came with it (GCC's "ABI Policy and Guidelines").
 */
const NEWEST: Record<Family, string> = { GLIBC: "2.28", GLIBCXX: "3.4.25", CXXABI: "1.3.11" };

/** What every system with Node.js has, and the two libraries of LibTorch that its CPU and CUDA builds share. */
const LIBRARIES = [
  "libc.so.6",
  "libm.so.6",
  "libdl.so.2",
  "libpthread.so.0",
  "ld-linux-x86-64.so.2",
  "ld-linux-aarch64.so.1",
  "libgcc_s.so.1",
  "libstdc++.so.6",
  "libc10.so",
  "libtorch_cpu.so",
];

/** What comes with LibTorch's CUDA builds; not NVIDIA's driver, which a machine without a GPU lacks. */
const CUDA_LIBRARY = /^lib(c10_cuda|torch_cuda|cudart|cublas|cublasLt|cudnn|nccl|nvrtc)\.so(\.\d+)?$/;

/**
 * What would keep a binary from loading on another machine, or tells about the one it was made on; one sentence each.
 * @param madeIn folders of this machine that must not be named inside the binary.
 */
export function faults(path: string, madeIn: string[]): string[] {
  const binary = readBinary(path);
  return [
    ...FAMILIES.flatMap((family) => tooNew(path, binary, family)),
    ...binary.needed
      .filter((library) => !mayNeed(binary.file, library))
      .map((library) => `needs ${library}, which comes neither with Node.js nor with LibTorch`),
    ...binary.searched
      .filter((folder) => !folder.startsWith("$ORIGIN"))
      .map((folder) => `looks for libraries in ${folder || "the working directory"}`),
    ...(binary.stripped ? [] : ["is not stripped"]),
    ...foldersNamedIn(readFileSync(path), madeIn).map((folder) => `names the folder ${folder}`),
  ].map((fault) => `${binary.file} ${fault}`);
}

function tooNew(path: string, { highest }: Binary, family: Family): string[] {
  const version = highest[family];
  if (version === undefined || compareVersions(version, NEWEST[family]) <= 0) return [];
  const symbols = symbolsAbove(path, family, NEWEST[family]).join(", ");
  return [`needs ${family} ${version}, newer than ${NEWEST[family]}, for ${symbols}`];
}

function mayNeed(file: string, library: string): boolean {
  return LIBRARIES.includes(library) || (file === CUDA_BINARY && CUDA_LIBRARY.test(library));
}

/** Those of `folders` that a file names, alone or as the beginning of a path. */
function foldersNamedIn(content: Buffer, folders: string[]): string[] {
  return folders.filter((folder) => ["/", "\0"].some((end) => content.includes(folder + end)));
}
