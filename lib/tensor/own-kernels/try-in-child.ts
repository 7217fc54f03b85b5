// Run by verdict.ts: node try-in-child.js <device> <operators…>. A line of JSON before and after each trial: what is under way when
// the process ends is what ended it.
import { writeSync } from "node:fs";
import { useDevice } from "../device.js";
import { tryKernels } from "./try-kernels.js";
import type { TrialLine } from "./verdict.js";

const [device, ...names] = process.argv.slice(2);
try {
  useDevice(device!);
  for (const name of names) {
    report({ trying: name });
    report({ tried: name, problem: tryKernels(name, device!) });
  }
} catch (error) {
  // Whatever a GPU is asked after one failure fails, too: the operators that are left need another process.
  console.error(error instanceof Error ? error.message.split("\n")[0] : error);
  process.exitCode = 1;
}

function report(line: TrialLine): void {
  writeSync(process.stdout.fd, `${JSON.stringify(line)}\n`);
}
