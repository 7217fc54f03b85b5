import { cpus } from "node:os";
import { cpuFeatures, hasBfloat16Units } from "../lib/runtime/cpu.js";

/** The processor's name, the instruction sets that decide about its speed, and its cores. */
export function describeProcessor(): string {
  const name = cpus()[0]?.model.trim();
  return `${name} (${cpuFeatures().join(", ")}), ${cpus().length} cores`;
}

/** bfloat16 where the processor has units for it, else float32. */
export function suitingDType(): "float32" | "bfloat16" {
  return hasBfloat16Units() ? "bfloat16" : "float32";
}
