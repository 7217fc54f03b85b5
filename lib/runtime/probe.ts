// Run by trial.ts in a child process: node probe.js <LibTorch folder> <folder of the binaries> [cuda]
import { openAddon } from "./addon.js";

const [libtorch, binaries, cuda] = process.argv.slice(2);
try {
  openAddon(libtorch!, binaries!, { cuda: cuda === "cuda" });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
