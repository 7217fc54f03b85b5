import { fileURLToPath } from "node:url";
import { Command, InvalidArgumentError } from "commander";
import { launch } from "../../distributed/launch.js";
import { expected } from "../../errors.js";

const MAIN = fileURLToPath(new URL("../main.js", import.meta.url));

/** `libbert launch`. @param isCommand whether a word is a command of libbert */
export function launchCommand(isCommand: (word: string) => boolean): Command {
  return new Command("launch")
    .description("run a command of libbert, or any program, as several processes on this machine")
    .requiredOption(
      "--processes <number>",
      "how many: one for each GPU, or for each group of cores",
      atLeast(1),
    )
    .option("--restarts <number>", "start all of them anew, so many times, when one fails", atLeast(0), 0)
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
    .action(async (words: string[], options: { processes: number; restarts: number }) => {
      const [first] = words as [string];
      const program = isCommand(first) ? [process.execPath, MAIN, ...words] : words;
      const log = (line: string) => console.error(`libbert launch: ${line}`);
      try {
        process.exitCode = await launch(program as [string, ...string[]], { ...options, log });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
        throw expected("a command of libbert, or a program,", "command", first);
      }
    });
}

function atLeast(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== "" && Number.isInteger(value) && value >= least) return value;
    throw new InvalidArgumentError(`Expected an integer of at least ${least}.`);
  };
}
