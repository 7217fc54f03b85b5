/**
 * A process that pre-trains and kills itself in the middle, as a power cut would.
 *
 *     node run-and-die.js '<options of the run>' snapshot:5 | step:8 | writing:5
 *
 * `writing:5` is while the first snapshot after that of step 5 is written.
 */
import "../support/one-thread.js";

import { existsSync } from "node:fs";
import { join } from "node:path";
import { run } from "../support/pretraining-runs.js";

const options = JSON.parse(process.argv[2]!);
const [moment, step] = process.argv[3]!.split(":");
const die = () => process.kill(process.pid, "SIGKILL");

function dieWhileWriting(): void {
  if (existsSync(join(options.outputDir, "snapshots/.partial/training.safetensors"))) die();
  setImmediate(dieWhileWriting);
}

await run(options, {
  onEvent: (event) => {
    if (!("step" in event) || event.step !== Number(step)) return;
    if (event.type === moment) die();
    if (event.type === "snapshot" && moment === "writing") dieWhileWriting();
  },
});
