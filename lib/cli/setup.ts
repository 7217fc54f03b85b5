import { SingleBar } from "cli-progress";
import { Command } from "commander";
import { setup } from "../runtime/setup.js";

/** `libbert setup` */
export function setupCommand(): Command {
  return new Command("setup")
    .description("find or fetch LibTorch and build the native libraries that fit it")
    .option("--libtorch <folder>", "use the LibTorch in this folder from now on")
    .option("--cuda", "take LibTorch with CUDA; fetch it (3 GB) where there is only a CPU build")
    .option("--force", "build the native libraries from scratch")
    .action(async (options: { libtorch?: string; cuda?: boolean; force?: boolean }) => {
      const progress = buildProgress();
      try {
        const log = (line: string) => {
          progress.stop();
          console.error(line);
        };
        await setup({ ...options, log, onBuild: progress.update });
      } finally {
        progress.stop();
      }
    });
}

/** A bar on a terminal, a line for every quarter elsewhere; both on standard error. */
function buildProgress(): { update(done: number): void; stop(): void } {
  if (process.stderr.isTTY) {
    const bar = new SingleBar({ format: "[{bar}] {percentage}%", clearOnComplete: true });
    const update = (done: number) => {
      if (!bar.isActive) bar.start(1, 0);
      bar.update(done);
    };
    return { update, stop: () => bar.stop() };
  }
  let quarters = 0;
  const update = (done: number) => {
    if (Math.floor(done * 4) <= quarters) return;
    quarters = Math.floor(done * 4);
    console.error(`  ${quarters * 25} % built`);
  };
  return { update, stop: () => {} };
}
