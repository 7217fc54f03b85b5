import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { availableParallelism, cpus, release, totalmem } from "node:os";
import { cpuFeatures } from "./cpu.js";
import { type Diagnosis, describeCandidate, diagnose } from "./diagnose.js";
import type { Candidate, LibTorch } from "./libtorch.js";

/** What libbert sees on this machine. `libbert doctor --json` prints it. */
export interface Report {
  ok: boolean;
  /** One sentence. */
  verdict: string;
  /** Commands that mend what is wrong, in order. */
  remedies: string[];
  system: System;
  /** Version of NVIDIA's driver, or null. */
  cudaDriver: string | null;
  libtorch: LibTorch | null;
  /** Every place where LibTorch was looked for, up to the one taken. */
  tried: Candidate[];
  /** The native build that fits, for example `torch2.13-cpu`, and the folder with its binaries. */
  variant: string | null;
  binaries: string | null;
}

interface System {
  os: string;
  kernel: string;
  node: string;
  glibc: string | null;
  cpu: string;
  cores: number;
  /** Instruction sets that decide about speed. */
  cpuFeatures: string[];
  memoryGiB: number;
}

/** Inspects the machine; loads LibTorch in a child process only. */
export function inspect(): Report {
  const diagnosis = diagnose();
  return {
    ok: diagnosis.problem === undefined,
    verdict: verdict(diagnosis),
    remedies: diagnosis.remedies,
    system: inspectSystem(),
    cudaDriver: cudaDriver(),
    libtorch: diagnosis.search.found ?? null,
    tried: diagnosis.search.tried,
    variant: diagnosis.variant ?? null,
    binaries: diagnosis.binaries ?? null,
  };
}

/** The report as lines for a person. */
export function formatReport({ system, ...report }: Report): string {
  const rows = [
    ["System", `${system.os}, kernel ${system.kernel}, glibc ${system.glibc ?? "none"}`],
    ["Node.js", system.node],
    ["Processor", `${system.cpu}, ${system.cores} cores (${system.cpuFeatures.join(" ") || "no AVX2"})`],
    ["Memory", `${system.memoryGiB} GiB`],
    ["CUDA driver", report.cudaDriver ?? "none"],
    ...report.tried.map((candidate, i) => [i === 0 ? "LibTorch" : "", describeCandidate(candidate)]),
    ["Variant", report.variant ? `${report.variant} (${report.binaries ?? "not built"})` : "none"],
    ["Verdict", report.verdict],
    ...report.remedies.map((command, i) => [i === 0 ? "To mend it" : "", command]),
  ];
  return rows.map(([name, value]) => `${name!.padEnd(13)}${value}`).join("\n");
}

function verdict({ variant, problem }: Diagnosis): string {
  return problem === undefined ? `libbert can run: ${variant} loads` : `libbert cannot run: ${problem}`;
}

function inspectSystem(): System {
  return {
    os: /^PRETTY_NAME="?([^"\n]*)/m.exec(readText("/etc/os-release"))?.[1] ?? process.platform,
    kernel: release(),
    node: process.version,
    glibc: glibcVersion(),
    cpu: cpus()[0]?.model ?? process.arch,
    cores: availableParallelism(),
    cpuFeatures: cpuFeatures(),
    memoryGiB: Math.round((totalmem() / 1024 ** 3) * 10) / 10,
  };
}

function glibcVersion(): string | null {
  const report = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return report.header.glibcVersionRuntime ?? null;
}

function cudaDriver(): string | null {
  const kernelModule = /Kernel Module.*?\s(\d+\.[\d.]+)/.exec(readText("/proc/driver/nvidia/version"))?.[1];
  if (kernelModule) return kernelModule;
  const query = ["--query-gpu=driver_version", "--format=csv,noheader"];
  const child = spawnSync("nvidia-smi", query, { encoding: "utf8", timeout: 20_000 });
  return child.status === 0 ? (child.stdout.trim().split("\n")[0] ?? null) : null;
}

function readText(path: string): string {
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}
