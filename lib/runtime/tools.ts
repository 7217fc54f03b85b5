import { isOnPath } from "./paths.js";

/** What the native build needs: any one of `programs`; the Debian package brings the first. */
const BUILD_TOOLS = [
  { programs: ["cmake"], debian: "cmake" },
  { programs: ["g++", "clang++"], debian: "g++" },
  { programs: ["make", "ninja"], debian: "make" },
];

/** The Debian packages that the native build still needs on this machine; none when it can start. */
export function packagesForBuild(): string[] {
  return BUILD_TOOLS.filter(({ programs }) => !programs.some(isOnPath)).map(({ debian }) => debian);
}
