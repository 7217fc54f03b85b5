import { Command } from "commander";
import { type SetupStep, setup } from "../../runtime/setup.js";
import { namingFlags } from "../flags/errors.js";
import { flagsOfCommand } from "../flags/flags.js";
import { barOrQuarters, type ProgressDisplay } from "../progress/progress-bar.js";

/** `libbert setup` */
export function setupCommand(): Command {
  const command = new Command("setup");
  return command
    .description("find or fetch LibTorch and build the native libraries that fit it")
    .option("--libtorch <folder>", "use the LibTorch in this folder from now on")
    .option("--cuda", "take LibTorch with CUDA; fetch it (3 GB) where there is only a CPU build")
    .option("--force", "build the native libraries from scratch")
    .addHelpText("after", "\nExamples:\n  libbert setup\n  libbert setup --libtorch /opt/libtorch")
    .action(async (options: { libtorch?: string; cuda?: boolean; force?: boolean }) => {
      let display: ProgressDisplay | undefined; // of what the line before it is about
      const log = (line: string) => {
        display?.clear();
        display = undefined;
        console.error(line);
      };
      const onProgress = (step: SetupStep, done: number) => {
        display ??= displayOf(step);
        display.show({ done, total: 1 });
      };
      try {
        await setup({ ...options, log, onProgress });
      } catch (error) {
        throw namingFlags(error, flagsOfCommand(command));
      } finally {
        display?.clear();
      }
    });
}

function displayOf(step: SetupStep): ProgressDisplay {
  const verb = { fetch: "fetched", build: "built" }[step];
  return barOrQuarters("[{bar}] {percentage}%", { lineOf: (percent) => `  ${percent} % ${verb}` });
}
