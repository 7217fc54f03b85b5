import { existsSync } from "node:fs";
import { join } from "node:path";
import { isOnPath } from "./paths.js";

/** What the native build needs: any one of `programs`; the Debian package brings the first. */
const BUILD_TOOLS = [
  { programs: ["cmake"], debian: "cmake" },
  { programs: ["g++", "clang++"], debian: "g++" },
  { programs: ["make", "ninja"], debian: "make" },
];

/** Whether CMake will find a compiler for CUDA; where it looks beside the wheels is for the one that setup fetches. */
export function hasNvcc(): boolean {
  const folders = ["/usr/local/cuda", ...(process.env.CUDA_HOME ? [process.env.CUDA_HOME] : [])];
  return isOnPath("nvcc") || folders.some((folder) => existsSync(join(folder, "bin", "nvcc")));
}

/** The Debian packages that the native build still needs on this machine; none when it can start. */
export function packagesForBuild(): string[] {
  return BUILD_TOOLS.filter(({ programs }) => !programs.some(isOnPath)).map(({ debian }) => debian);
}
