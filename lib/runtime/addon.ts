import { createRequire } from "node:module";
import { join } from "node:path";

/** What libbert.node exports, as far as this layer looks at it; `lib/tensor` adds the operators. */
export interface NativeAddon {
  /** The TypeScript signature of every operator that the addon binds. */
  readonly opSignatures: readonly string[];
  /** Version of the LibTorch headers that the addon was built with. */
  readonly torchVersion: string;
}

interface Preload {
  /** Loads a shared library by absolute path; throws the dynamic linker's message. */
  open(path: string): void;
}

const require = createRequire(import.meta.url);

/**
 * Loads LibTorch and the addon into this process. LibTorch's libraries are opened by path first, so that the addon
 * finds them by name wherever they lie.
 */
export function openAddon(libtorch: string, binaries: string): NativeAddon {
  const preload: Preload = require(join(binaries, "preload.node"));
  preload.open(join(libtorch, "lib", "libc10.so"));
  preload.open(join(libtorch, "lib", "libtorch_cpu.so"));
  preload.open(join(binaries, "libbert_ops.so"));
  return require(join(binaries, "libbert.node"));
}
