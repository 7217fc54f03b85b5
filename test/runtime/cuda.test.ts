import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Cuda } from "../../lib/runtime/cuda.js";
import { diagnose } from "../../lib/runtime/diagnose.js";
import type { Report } from "../../lib/runtime/doctor.js";
import type { LibTorch } from "../../lib/runtime/libtorch.js";
import { libbert } from "../cli/command-line.js";
import { type FakeDriver, type FakeGpu, fakeCudaDriver } from "./fake-cuda-driver.js";
import { fakeLibTorch, temporaryFolder } from "./fakes.js";

const CHILD = fileURLToPath(new URL("./diagnose-cuda-in-child.js", import.meta.url));
const { binaries } = diagnose();

const H100: FakeGpu = { name: "NVIDIA H100 80GB HBM3", capability: [9, 0], totalMemory: 85_520_809_984 };
const V100: FakeGpu = { name: "Tesla V100-SXM2-16GB", capability: [7, 0], totalMemory: 16_935_682_048 };
const CPU_BUILD: LibTorch = { folder: "/torch", version: "2.13.0", minor: "2.13", flavour: "cpu" };
const CUDA_BUILD: LibTorch = { folder: "/torch", version: "2.13.0", minor: "2.13", flavour: "cu130" };

interface Machine {
  /** Default: none. */
  driver?: FakeDriver;
  libtorch?: LibTorch;
  binaries?: string;
  visible?: string;
}

/** What a machine with this driver, LibTorch and build is found to be. */
function diagnosed(t: TestContext, machine: Machine): Cuda {
  const folder = temporaryFolder(t);
  const libraries = machine.driver ? fakeCudaDriver(folder, machine.driver) : brokenLibrary(folder);
  const { libtorch = CUDA_BUILD, visible } = machine;
  const child = spawnSync(
    process.execPath,
    [CHILD, JSON.stringify(libtorch), machine.binaries ?? binaries!],
    {
      encoding: "utf8",
      env: {
        ...process.env,
        LD_LIBRARY_PATH: libraries,
        LIBBERT_CACHE: folder,
        ...(visible !== undefined && { CUDA_VISIBLE_DEVICES: visible }),
      },
    },
  );
  assert.equal(child.status, 0, child.stderr);
  return JSON.parse(child.stdout);
}

/** What stands for a missing driver also on a machine that has one. */
function brokenLibrary(folder: string): string {
  writeFileSync(join(folder, "libcuda.so.1"), "");
  return folder;
}

test("without a driver, the dynamic linker's words are shown and a driver is to be installed", (t) => {
  const { problem, remedies, driver, devices } = diagnosed(t, {});
  assert.match(problem!, /^there is no NVIDIA driver \(.*libcuda\.so\.1: file too short\)$/);
  assert.match(remedies[0]!, /^apt-get install nvidia-driver-580 /);
  assert.equal(driver, null);
  assert.deepEqual(devices, []);
});

test("a driver too old for CUDA 13.0 is told with both versions", (t) => {
  const { problem, driver } = diagnosed(t, { driver: { version: 12_080, devices: [H100] } });
  assert.equal(problem, "the NVIDIA driver serves CUDA 12.8, and libbert needs 13.0 or newer");
  assert.equal(driver, "12.8");
});

test("a driver that fails is quoted", (t) => {
  const { problem } = diagnosed(t, { driver: { version: 13_000, devices: [H100], initResult: 999 } });
  assert.equal(problem, "the NVIDIA driver does not work (cuInit: unknown error (999))");
});

test("a machine without GPUs is told from one whose GPUs are hidden", (t) => {
  const driver = { version: 13_000, devices: [] };
  assert.equal(diagnosed(t, { driver }).problem, "the NVIDIA driver finds no GPU");
  const noDevice = { ...driver, initResult: 100 }; // what NVIDIA's driver answers then
  const hidden = diagnosed(t, { driver: noDevice, visible: "7" });
  assert.equal(hidden.problem, 'the NVIDIA driver finds no GPU among those of CUDA_VISIBLE_DEVICES="7"');
  assert.deepEqual(hidden.remedies, ["unset CUDA_VISIBLE_DEVICES"]);
});

test("a GPU older than libbert's code is told with both capabilities; one that is new enough beside it will do", (t) => {
  const old = diagnosed(t, { driver: { version: 13_000, devices: [V100] } });
  assert.equal(
    old.problem,
    "Tesla V100-SXM2-16GB has compute capability 7.0, and libbert needs 8.0 or newer",
  );
  const mixed = diagnosed(t, { driver: { version: 13_000, devices: [V100, H100] }, libtorch: CPU_BUILD });
  assert.equal(mixed.problem, "LibTorch 2.13.0 is the CPU build");
});

test("with a good driver, LibTorch's CPU build is what is missing, and the GPUs are described", (t) => {
  const cuda = diagnosed(t, { driver: { version: 13_010, devices: [H100, V100] }, libtorch: CPU_BUILD });
  assert.equal(cuda.problem, "LibTorch 2.13.0 is the CPU build");
  assert.deepEqual(cuda.remedies, ["npx libbert setup --cuda"]);
  assert.equal(cuda.driver, "13.1");
  assert.equal(cuda.runtime, null);
  assert.deepEqual(cuda.devices, [
    { name: H100.name, capability: "9.0", totalMemory: H100.totalMemory },
    { name: V100.name, capability: "7.0", totalMemory: V100.totalMemory },
  ]);
});

test("a build without libbert_cuda.so, and one that does not load, are told apart", (t) => {
  const driver = { version: 13_000, devices: [H100] };
  const copy = join(temporaryFolder(t), "binaries");
  cpSync(binaries!, copy, { recursive: true, filter: (path) => !path.endsWith("libbert_cuda.so") });
  const absent = diagnosed(t, { driver, binaries: copy });
  assert.equal(absent.problem, "libbert_cuda.so was not built for torch2.13-cu130");
  assert.equal(absent.runtime, "13.0");
  writeFileSync(join(copy, "libbert_cuda.so"), "");
  const libtorch = {
    ...CUDA_BUILD,
    folder: fakeLibTorch(join(temporaryFolder(t), "torch"), "2.13.0", "13.0"),
  };
  const damaged = diagnosed(t, { driver, binaries: copy, libtorch });
  assert.match(damaged.problem!, /^torch2\.13-cu130 does not load with CUDA: .*libc10\.so: cannot open/);
  assert.deepEqual(damaged.remedies, ["npx libbert setup --cuda --force"]);
});

test("doctor shows driver, runtime and GPUs, and judges CUDA apart from the rest", (t) => {
  const folder = fakeCudaDriver(temporaryFolder(t), { version: 12_040, devices: [H100] });
  const { status, stdout } = libbert(["doctor"], { env: { LD_LIBRARY_PATH: folder } });
  assert.equal(status, 0);
  assert.match(stdout, /^CUDA driver .*serves CUDA 12\.4$/m);
  assert.match(stdout, /^CUDA runtime /m);
  assert.match(stdout, /^GPU +cuda:0 NVIDIA H100 80GB HBM3, compute capability 9\.0, 79\.6 GiB$/m);
  assert.match(
    stdout,
    /^On a GPU +libbert cannot compute: the NVIDIA driver serves CUDA 12\.4, and libbert needs 13\.0 or newer\nTo fix it +apt-get install nvidia-driver-580/m,
  );
  const json = libbert(["doctor", "--json"], { env: { LD_LIBRARY_PATH: folder } });
  const report: Report = JSON.parse(json.stdout);
  assert.equal(report.cuda?.driver, "12.4");
  assert.match(report.cuda?.problem ?? "", /needs 13\.0/);
});
