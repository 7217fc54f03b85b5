import { Command } from "commander";
import { setup } from "../../runtime/setup.js";
import { namingFlags } from "../flags/errors.js";
import { flagsOfCommand } from "../flags/flags.js";
import { barOrQuarters } from "../progress/progress-bar.js";

/** `libbert setup` */
export function setupCommand(): Command {
  const command = new Command("setup");
  return command
    .description("find or fetch LibTorch and build the native libraries that fit it")
    .option("--libtorch <folder>", "use the LibTorch in this folder from now on")
    .option("--cuda", "take LibTorch with CUDA; fetch it (3 GB) where there is only a CPU build")
    .option("--force", "build the native libraries from scratch")
    .action(async (options: { libtorch?: string; cuda?: boolean; force?: boolean }) => {
      const display = barOrQuarters("[{bar}] {percentage}%", {
        lineOf: (percent) => `  ${percent} % built`,
      });
      const log = (line: string) => {
        display.clear();
        console.error(line);
      };
      try {
        await setup({ ...options, log, onBuild: (done) => display.show({ done, total: 1 }) });
      } catch (error) {
        throw namingFlags(error, flagsOfCommand(command));
      } finally {
        display.clear();
      }
    });
}
