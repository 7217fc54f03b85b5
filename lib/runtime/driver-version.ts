import { spawnSync } from "node:child_process";
import { readText } from "./read-text.js";

/** Of NVIDIA's driver, for example `580.65.06`; null without one. */
export function driverVersion(): string | null {
  const kernelModule = /Kernel Module.*?\s(\d+\.[\d.]+)/.exec(readText("/proc/driver/nvidia/version"))?.[1];
  if (kernelModule) return kernelModule;
  const query = ["--query-gpu=driver_version", "--format=csv,noheader"];
  const child = spawnSync("nvidia-smi", query, { encoding: "utf8", timeout: 20_000 });
  return child.status === 0 ? (child.stdout.trim().split("\n")[0] ?? null) : null;
}
