import { createRequire } from "node:module";
import { join } from "node:path";
import { CUDA_BINARY } from "./variant.js";

/** What libbert_addon.so exports, as far as this layer looks at it; `lib/tensor` adds the operators. */
export interface NativeAddon {
  /** The TypeScript signature of every operator that the addon binds. */
  readonly opSignatures: readonly string[];
  /** Version of the LibTorch headers that the addon was built with. */
  readonly torchVersion: string;
}

/** A GPU as NVIDIA's driver describes it. */
export interface Gpu {
  name: string;
  /** Compute capability, for example `9.0`. */
  capability: string;
  /** Bytes. */
  totalMemory: number;
}

/** What NVIDIA's driver says of the machine. */
export interface CudaDriver {
  /** The newest CUDA that it serves, 13000 for 13.0; null without a driver. */
  driver: number | null;
  devices: Gpu[];
  /** Why there is no driver, or why it does not work; null where it works, be it without any GPU. */
  failure: string | null;
}

/** What libbert.node exports. */
interface Loader {
  /** Loads a shared library by absolute path; throws the dynamic linker's message. */
  open(path: string): void;
  /** Loads libbert_addon.so, as `open` does. */
  openAddon(path: string): NativeAddon;
  cudaDriver(): CudaDriver;
  /** Gives memory that was freed back to the system. */
  releaseMemory(): void;
}

const require = createRequire(import.meta.url);

const loaderIn = (binaries: string): Loader => require(join(binaries, "libbert.node"));

/** Gives back to the system what the allocator keeps of memory that was freed, in all threads. */
export function releaseMemory(binaries: string): void {
  loaderIn(binaries).releaseMemory();
}

/** Asks NVIDIA's driver; needs nothing of CUDA or LibTorch. */
export function queryCudaDriver(binaries: string): CudaDriver {
  return loaderIn(binaries).cudaDriver();
}

/**
 * Loads LibTorch and the addon into this process. LibTorch's libraries are opened by path first, so that the addon
 * finds them by name wherever they lie.
 *
 * @param options.cuda load what is needed on a GPU, too. LibTorch asks for CUDA once in a process, when it first has to
 *   know about devices: CUDA that is opened later is never found
 */
export function openAddon(libtorch: string, binaries: string, { cuda }: { cuda: boolean }): NativeAddon {
  const loader = loaderIn(binaries);
  const libraries = ["libc10.so", "libtorch_cpu.so", ...(cuda ? ["libc10_cuda.so", "libtorch_cuda.so"] : [])];
  for (const library of libraries) loader.open(join(libtorch, "lib", library));
  for (const library of ["libbert_ops.so", ...(cuda ? [CUDA_BINARY] : [])])
    loader.open(join(binaries, library));
  return loader.openAddon(join(binaries, "libbert_addon.so"));
}
