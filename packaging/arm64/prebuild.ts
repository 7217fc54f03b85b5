/**
 * npm run arm64:prebuild [-- VARIANT...]
 *
 * Makes the binaries that are published for linux-arm64, as `npm run prebuild` does on such a computer: on one with another
 * processor, with a cross compiler, and loads them under an emulator.
 */
import { cpSync, existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../lib/runtime/paths.js";
import { makeMachine } from "./machine.js";

const machine = makeMachine();
machine.run(["dist/packaging/prebuild.js", ...process.argv.slice(2)]);
for (const variant of readdirSync(join(machine.folder, "variants"))) {
  const made = join(machine.folder, "variants", variant, "prebuilds");
  if (existsSync(made))
    cpSync(made, join(packageRoot, "variants", variant, "prebuilds"), { recursive: true });
}
