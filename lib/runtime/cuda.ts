import { existsSync } from "node:fs";
import { join } from "node:path";
import { type CudaDriver, type Gpu, queryCudaDriver } from "./addon.js";
import type { LibTorch } from "./libtorch.js";
import { tryLoading } from "./trial.js";
import { CUDA_BINARY, variantName } from "./variant.js";

export type { Gpu } from "./addon.js";

/** What libbert's CUDA code is built for: the driver must serve that CUDA or a newer one. */
const NEEDED_CUDA = "13.0";

/** The oldest architecture that it has code for: Ampere. */
const LOWEST_CAPABILITY = "8.0";

/** Whether libbert can compute on a GPU here, with all that it was judged by. */
export interface Cuda {
  /** The newest CUDA that the driver serves, for example `13.0`; null without a driver. */
  driver: string | null;
  /** The CUDA that LibTorch was built with; null where it is the CPU build. */
  runtime: string | null;
  /** In the driver's order: `cuda:0`, `cuda:1`, … */
  devices: Gpu[];
  /** One sentence; absent when GPUs can be used. */
  problem?: string;
  /** Commands that fix the problem, in order. */
  remedies: string[];
}

interface Obstacle {
  problem: string;
  remedies: string[];
}

/** Asks the driver, and tries (once, in a child process) whether LibTorch's CUDA libraries and ours load. */
export function diagnoseCuda(libtorch: LibTorch, binaries: string): Cuda {
  const driver = queryCudaDriver(binaries);
  return {
    driver: driver.driver === null ? null : cudaVersion(driver.driver),
    runtime: /^cu(\d+)(\d)$/.exec(libtorch.flavour)?.slice(1).join(".") ?? null,
    devices: driver.devices,
    remedies: [],
    ...(driverObstacle(driver) ?? libraryObstacle(libtorch, binaries)),
  };
}

export function isSupported({ capability }: Gpu): boolean {
  return Number(capability) >= Number(LOWEST_CAPABILITY);
}

/** `Tesla V100 has compute capability 7.0, and libbert needs 8.0 or newer` */
export function tooOld({ name, capability }: Gpu): string {
  return `${name} has compute capability ${capability}, and libbert needs ${LOWEST_CAPABILITY} or newer`;
}

function driverObstacle({ driver, devices, failure }: CudaDriver): Obstacle | undefined {
  if (driver === null) {
    const container = "docker run --gpus all …   # in a container, where the machine itself has a driver";
    return { problem: `there is no NVIDIA driver (${failure})`, remedies: [INSTALL_DRIVER, container] };
  }
  if (driver < driverVersion(NEEDED_CUDA)) {
    const problem = `the NVIDIA driver serves CUDA ${cudaVersion(driver)}, and libbert needs ${NEEDED_CUDA} or newer`;
    return { problem, remedies: [INSTALL_DRIVER] };
  }
  if (failure !== null) {
    return {
      problem: `the NVIDIA driver does not work (${failure})`,
      remedies: ["nvidia-smi   # says more"],
    };
  }
  if (devices.length === 0) return noDevices(process.env.CUDA_VISIBLE_DEVICES);
  if (devices.some(isSupported)) return undefined;
  return { problem: tooOld(devices[0]!), remedies: ["--device cpu   # until there is a newer GPU"] };
}

const INSTALL_DRIVER = "apt-get install nvidia-driver-580   # or newer, then restart the machine";

function noDevices(visible: string | undefined): Obstacle {
  if (visible === undefined) {
    return { problem: "the NVIDIA driver finds no GPU", remedies: ["nvidia-smi -L   # lists the GPUs"] };
  }
  const problem = `the NVIDIA driver finds no GPU among those of CUDA_VISIBLE_DEVICES="${visible}"`;
  return { problem, remedies: ["unset CUDA_VISIBLE_DEVICES"] };
}

function libraryObstacle(libtorch: LibTorch, binaries: string): Obstacle | undefined {
  const variant = variantName(libtorch);
  if (libtorch.flavour === "cpu") {
    return { problem: `LibTorch ${libtorch.version} is the CPU build`, remedies: [SETUP_CUDA] };
  }
  if (!existsSync(join(binaries, CUDA_BINARY))) {
    return { problem: `${CUDA_BINARY} was not built for ${variant}`, remedies: [SETUP_CUDA] };
  }
  const failure = tryLoading(libtorch.folder, binaries, { cuda: true });
  if (failure === undefined) return undefined;
  return { problem: `${variant} does not load with CUDA: ${failure}`, remedies: [`${SETUP_CUDA} --force`] };
}

const SETUP_CUDA = "npx libbert setup --cuda";

/** 13000 → "13.0" */
function cudaVersion(version: number): string {
  return `${Math.floor(version / 1000)}.${Math.floor((version % 1000) / 10)}`;
}

/** "13.0" → 13000 */
function driverVersion(cuda: string): number {
  const [major, minor] = cuda.split(".").map(Number);
  return major! * 1000 + minor! * 10;
}
