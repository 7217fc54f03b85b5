import { readFileSync } from "node:fs";

/** The instruction sets that decide about speed, as the kernel spells them: of x86-64, and of 64-bit ARM. */
const DECISIVE_FEATURES = [
  ...["avx2", "avx512f", "avx512_bf16", "amx_bf16"],
  ...["asimd", "sve", "i8mm", "bf16"],
];

/**
 * Those of the decisive instruction sets that this processor has.
 * @param cpuinfo what the kernel says of it
 */
export function cpuFeatures(cpuinfo = readFileSync("/proc/cpuinfo", "utf8")): string[] {
  const flags = new Set(/^(?:flags|Features)\s*:\s*(.*)$/m.exec(cpuinfo)?.[1]?.split(" "));
  return DECISIVE_FEATURES.filter((feature) => flags.has(feature));
}

/** Whether the processor multiplies bfloat16 matrices in hardware. Units of ARM do not count: what they gain was never measured. */
export function hasBfloat16Units(): boolean {
  return cpuFeatures().some((feature) => feature === "avx512_bf16" || feature === "amx_bf16");
}

/**
 * Whether libbert's own products of bfloat16 are the fastest there are: they use AVX512-BF16, while LibTorch's have AMX, too,
 * where a processor has it.
 */
export function ownBfloat16ProductsAreFastest(): boolean {
  const features = cpuFeatures();
  return features.includes("avx512_bf16") && !features.includes("amx_bf16");
}
