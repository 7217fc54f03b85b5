// Run by trial.ts in a child process: node probe.js <LibTorch folder> <folder of the binaries>
import { openAddon } from "./addon.js";

const [libtorch, binaries] = process.argv.slice(2);
try {
  openAddon(libtorch!, binaries!);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
