import type { Platform } from "./platform.js";
import { normalized } from "./requirement.js";
import { compareVersions } from "./version.js";

/** What the name of a wheel says: `torch-2.13.0+cpu-cp311-cp311-manylinux_2_28_x86_64.whl`. */
export interface WheelName {
  name: string;
  version: string;
  /** Of Python, for example `cp311`. */
  python: string;
  /** For example `manylinux_2_28_x86_64`; a wheel may be for several. */
  platforms: string[];
}

/** undefined for a file that is no wheel. */
export function parseWheelName(file: string): WheelName | undefined {
  const [, name, version, python, platforms] =
    /^([^-]+)-([^-]+)(?:-\d[^-]*)?-([^-]+)-[^-]+-([^-]+)\.whl$/.exec(file) ?? [];
  if (!name || !version || !python || !platforms) return undefined;
  return { name: normalized(name), version, python, platforms: platforms.split(".") };
}

/** Whether what is compiled in a wheel runs here: it fits the processor, and its glibc is not newer. */
export function fits({ platforms }: WheelName, here: Platform): boolean {
  return platforms.some((platform) => {
    if (platform === "any") return true;
    const [, kind, processor] = /^(linux|manylinux\d+|manylinux_\d+_\d+)_(\w+)$/.exec(platform) ?? [];
    return (
      processor === here.processor && here.glibc !== null && compareVersions(glibcOf(kind!), here.glibc) <= 0
    );
  });
}

/** The glibc that a platform's name stands for: `manylinux_2_28`, or one of the names from before PEP 600. */
function glibcOf(kind: string): string {
  const numbers = /^manylinux_(\d+)_(\d+)$/.exec(kind)?.slice(1);
  if (numbers) return numbers.join(".");
  return { manylinux2014: "2.17", manylinux2010: "2.12", manylinux1: "2.5" }[kind] ?? "0";
}

/** Orders wheels of one package: by their version, then by the Python that they are for. */
export function compareWheels(a: WheelName, b: WheelName): number {
  return compareVersions(a.version, b.version) || a.python.localeCompare(b.python, "en", { numeric: true });
}
