/**
 * npm run arm64:check [-- FILE...]
 *
 * Does on an emulated 64-bit ARM processor what a user does there: `libbert setup` fetches the LibTorch that is for it and builds the
 * native libraries, with a cross compiler. Then come the tests of tensors, layers, optimizers and models, which compare with
 * PyTorch's numbers (or the tests that are named), a training whose losses and scores have to be this computer's, and the README's
 * commands on the quickstart's messages. Takes long, and stands outside `npm test`.
 */
import { execFileSync } from "node:child_process";
import { parseArgs } from "node:util";
import { globSync } from "tinyglobby";
import { packageRoot } from "../../lib/runtime/paths.js";
import { type Machine, makeMachine } from "./machine.js";
import type { Outcome } from "./outcome.js";

const TESTS = ["tensor", "nn", "optim", "models"].map((folder) => `dist/test/${folder}/*.test.js`);

/** How far losses and scores may be apart: products add in another order, and each update goes on from there. */
const TOLERANCE = 1e-4;

const { positionals } = parseArgs({ allowPositionals: true });
try {
  check(makeMachine(), positionals);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

function check(machine: Machine, named: string[]): void {
  machine.run(["dist/lib/cli/main.js", "setup"]);
  machine.run(["dist/lib/cli/main.js", "doctor"]);
  const files = named.length > 0 ? named : globSync(TESTS, { cwd: packageRoot }).sort();
  machine.run(["--test", "--test-concurrency=2", ...files]);
  compareOutcomes(machine);
  runCommands(machine);
  console.error("All of it runs on 64-bit ARM");
}

/** As a user of the command line trains and predicts, with a tiny model. */
function runCommands(machine: Machine): void {
  const libbert = (...words: string[]) => machine.run(["dist/lib/cli/main.js", ...words]);
  const [train, test] = ["train", "test"].map((name) => `examples/quickstart/${name}.tsv`) as [
    string,
    string,
  ];
  const run = ["--output-dir", "runs/intents", "--overwrite", "--epochs", "1", "--max-seq-length", "64"];
  const model = ["--model", "test/golden/data/tiny-bert", "--task", "classification"];
  libbert("fine-tune", ...model, "--train", train, "--validation", test, ...run);
  libbert("evaluate", "--model", "runs/intents", "--data", test);
  libbert("predict", "--model", "runs/intents", "--text", "How do I get my money back?");
}

function compareOutcomes(machine: Machine): void {
  const program = "dist/packaging/arm64/outcome.js";
  const here: Outcome = JSON.parse(execFileSync(process.execPath, [program], { encoding: "utf8" }));
  const there: Outcome = JSON.parse(machine.outputOf([program]));
  for (const what of ["losses", "scores"] as const) {
    const largest = Math.max(...here[what].map((value, i) => Math.abs(value - there[what][i]!)));
    console.error(
      `${here[what].length} ${what} are at most ${largest.toExponential(1)} from this computer's`,
    );
    if (!(largest <= TOLERANCE && here[what].length === there[what].length))
      throw new Error(`Expected ${what} within ${TOLERANCE}`);
  }
}
