import { fileURLToPath } from "node:url";
import { Command, InvalidArgumentError } from "commander";
import { launch } from "../../distributed/launch.js";
import { notGiven } from "../flags/errors.js";

const MAIN = fileURLToPath(new URL("../main.js", import.meta.url));

/** More are a slip of the finger, and no machine has the memory. */
const MOST_PROCESSES = 1024;
const MOST_SECONDS = 86_400;

const PROCESSES = "how many: one for each GPU, or for each group of cores";

interface LaunchFlags {
  processes?: number;
  restarts: number;
  grace: number;
}

/** `libbert launch`. @param isCommand whether a word is a command of libbert */
export function launchCommand(isCommand: (word: string) => boolean): Command {
  return new Command("launch")
    .description("run a command of libbert, or any program, as several processes on this machine")
    .option("--processes <number>", `${PROCESSES} (required)`, integer(1, MOST_PROCESSES))
    .option("--restarts <number>", "start all of them anew, so many times, when one fails", integer(0), 0)
    .option(
      "--grace <seconds>",
      "how long they may take to end after SIGTERM or Ctrl-C, before they are killed",
      integer(0, MOST_SECONDS),
      60,
    )
    .argument(
      "<command...>",
      "pretrain, fine-tune or doctor with its options, or a program with its arguments",
    )
    .passThroughOptions()
    .addHelpText(
      "after",
      "\nExamples:\n  libbert launch --processes 2 pretrain --data shards --steps 1000 --output-dir runs/a\n" +
        "  libbert launch --processes 4 --restarts 3 pretrain --config run.json --resume\n" +
        "  libbert launch --processes 2 node train.js",
    )
    .action(async (words: string[], { grace, processes, ...options }: LaunchFlags) => {
      if (processes === undefined) throw notGiven("--processes <number>", PROCESSES);
      const [first] = words as [string];
      const program = isCommand(first) ? [process.execPath, MAIN, ...words] : words;
      const log = (line: string) => console.error(`libbert launch: ${line}`);
      const command = program as [string, ...string[]];
      process.exitCode = await launch(command, { ...options, processes, graceSeconds: grace, log });
    });
}

function integer(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  const range = most < Number.MAX_SAFE_INTEGER ? `from ${least} to ${most}` : `of at least ${least}`;
  return (text) => {
    const value = Number(text);
    if (text.trim() !== "" && Number.isInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Expected an integer ${range}.`);
  };
}
