import { cpus, release, totalmem } from "node:os";
import { cpuFeatures } from "./cpu.js";
import type { Cuda } from "./cuda.js";
import { type Diagnosis, describeCandidate, diagnose } from "./diagnose.js";
import { driverVersion } from "./driver-version.js";
import type { Candidate, LibTorch } from "./libtorch.js";
import { usableProcessors } from "./processors.js";
import { readText } from "./read-text.js";
import { glibcVersion } from "./wheels/platform.js";

/** What libbert sees on this machine. `libbert doctor --json` prints it. */
export interface Report {
  ok: boolean;
  /** One sentence. */
  verdict: string;
  /** Commands that fix what is wrong, in order. */
  remedies: string[];
  system: System;
  /** Version of NVIDIA's driver, or null. */
  cudaDriver: string | null;
  /** What there is for computing on a GPU; null where libbert cannot even run on the CPU. */
  cuda: Cuda | null;
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
    cudaDriver: driverVersion(),
    cuda: diagnosis.cuda ?? null,
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
    ["CUDA driver", driverText(report)],
    ...gpuRows(report.cuda),
    ...report.tried.map((candidate, i) => [i === 0 ? "LibTorch" : "", describeCandidate(candidate)]),
    ["Variant", report.variant ? `${report.variant} (${report.binaries ?? "not built"})` : "none"],
    ["Verdict", report.verdict],
    ...remedyRows(report.remedies),
    ...cudaVerdict(report.cuda),
  ];
  return rows.map(([name, value]) => `${name!.padEnd(13)}${value}`).join("\n");
}

function driverText({ cudaDriver, cuda }: Omit<Report, "system">): string {
  const version = cudaDriver ?? (cuda?.driver ? "of unknown version" : "none");
  return cuda?.driver ? `${version}, serves CUDA ${cuda.driver}` : version;
}

function gpuRows(cuda: Cuda | null): string[][] {
  if (cuda === null) return [];
  return [
    ["CUDA runtime", cuda.runtime ?? "none: LibTorch is the CPU build"],
    ...cuda.devices.map(({ name, capability, totalMemory }, i) => [
      i === 0 ? "GPU" : "",
      `cuda:${i} ${name}, compute capability ${capability}, ${gibibytes(totalMemory)} GiB`,
    ]),
  ];
}

function cudaVerdict(cuda: Cuda | null): string[][] {
  if (cuda === null) return [];
  if (cuda.problem === undefined) return [["On a GPU", "libbert can compute with CUDA"]];
  return [["On a GPU", `libbert cannot compute: ${cuda.problem}`], ...remedyRows(cuda.remedies)];
}

function remedyRows(remedies: readonly string[]): string[][] {
  return remedies.map((command, i) => [i === 0 ? "To fix it" : "", command]);
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
    cores: usableProcessors(),
    cpuFeatures: cpuFeatures(),
    memoryGiB: gibibytes(totalmem()),
  };
}

function gibibytes(bytes: number): number {
  return Math.round((bytes / 1024 ** 3) * 10) / 10;
}
