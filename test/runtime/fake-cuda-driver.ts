import { spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A GPU that a fake driver shows. */
export interface FakeGpu {
  name: string;
  capability: [major: number, minor: number];
  totalMemory: number;
}

export interface FakeDriver {
  /** 13000 for CUDA 13.0. */
  version: number;
  devices: FakeGpu[];
  /** What cuInit answers. Default: 0, success. */
  initResult?: number;
}

/** Compiles a libcuda.so.1 that answers as described. Returns its folder, for `LD_LIBRARY_PATH`. */
export function fakeCudaDriver(parent: string, { version, devices, initResult = 0 }: FakeDriver): string {
  const folder = mkdtempSync(join(parent, "driver-"));
  const source = join(folder, "libcuda.c");
  const rows = devices.map(({ name, capability: [major, minor], totalMemory }) => {
    return `{"${name}", ${major}, ${minor}, ${totalMemory}ul}`;
  });
  writeFileSync(
    source,
    `#include <stddef.h>
#include <string.h>
static const struct { const char* name; int major, minor; size_t bytes; } gpus[] = {${[...rows, "{0}"].join(", ")}};
int cuInit(unsigned flags) { return flags == 0 ? ${initResult} : 1; }
int cuDriverGetVersion(int* version) { *version = ${version}; return 0; }
int cuGetErrorString(int result, const char** text) { *text = "unknown error"; return 0; }
int cuDeviceGetCount(int* count) { *count = ${devices.length}; return 0; }
int cuDeviceGet(int* device, int ordinal) { *device = ordinal + 100; return 0; }
int cuDeviceGetName(char* name, int size, int device) { strncpy(name, gpus[device - 100].name, size); return 0; }
int cuDeviceGetAttribute(int* value, int attribute, int device) {
  if (attribute != 75 && attribute != 76) return 1;
  *value = attribute == 75 ? gpus[device - 100].major : gpus[device - 100].minor;
  return 0;
}
int cuDeviceTotalMem_v2(size_t* bytes, int device) { *bytes = gpus[device - 100].bytes; return 0; }
`,
  );
  const library = join(folder, "libcuda.so.1");
  const { status, stderr } = spawnSync("gcc", ["-shared", "-fPIC", "-o", library, source], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`The fake driver could not be compiled: ${stderr}`);
  return folder;
}
