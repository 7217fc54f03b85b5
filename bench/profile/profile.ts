/**
 * Runs a libbert command in this process and prints where its time went, by operator and by shape.
 *
 *   npm run profile -- fine-tune --task classification --model … --train … --output-dir …
 *
 * See bench/README.md.
 */
import { createProgram } from "../../lib/cli/program.js";
import { reportError } from "../../lib/cli/report-error.js";
import { native } from "../../lib/tensor/native.js";
import { operatorTimes } from "./operator-times.js";

const command = process.argv.slice(2);
native.startProfile([], false);
const start = performance.now();
try {
  const program = await createProgram(command[0]);
  await program.parseAsync(command, { from: "user" });
} catch (error) {
  process.exitCode = reportError(error);
}
const seconds = (performance.now() - start) / 1000;
const profile = native.endProfile();
const inOperators = profile.reduce((sum, [, , , own]) => sum + own, 0);
console.error(
  `\nlibbert ${command[0] ?? ""}: ${seconds.toFixed(1)} s, ${inOperators.toFixed(1)} s of them in operators\n`,
);
console.error(operatorTimes(profile, { operators: 25, shapes: 4 }));
