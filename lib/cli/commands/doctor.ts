import { Command } from "commander";
import type { GroupSpeed } from "../../distributed/measure.js";
import { expected } from "../../errors.js";
import { formatReport, inspect } from "../../runtime/doctor.js";
import { checkRanks } from "../../session/check-ranks.js";
import { untilInterrupted } from "../interrupt.js";

/** How long a rank may take to come to the check. */
const TIMEOUT_SECONDS = 60;

/** `libbert doctor` */
export function doctorCommand(): Command {
  return new Command("doctor")
    .description("show what libbert finds on this machine and whether it can run; exit code 1 if it cannot")
    .option("--json", "print one JSON object")
    .option("--distributed", "measure the processes that a launcher started, and the network between them")
    .addHelpText(
      "after",
      "\nExamples:\n  libbert doctor\n  libbert launch --processes 2 doctor --distributed",
    )
    .action(async ({ json, distributed }: { json?: boolean; distributed?: boolean }) => {
      if (distributed) return checkDistributed(json ?? false);
      const report = inspect();
      console.log(json ? JSON.stringify(report) : formatReport(report));
      if (!report.ok) process.exitCode = 1;
    });
}

async function checkDistributed(json: boolean): Promise<void> {
  const speed = await untilInterrupted((signal) => checkRanks(TIMEOUT_SECONDS, signal));
  if (speed === null) {
    const start = "libbert launch --processes 2 doctor --distributed, or torchrun or srun";
    throw expected(`several processes (start them with ${start})`, "WORLD_SIZE", process.env.WORLD_SIZE);
  }
  if (speed.rank === 0) console.log(json ? JSON.stringify(speed) : formatSpeed(speed));
}

/** The measurement as lines for a person. */
export function formatSpeed({ latency, allReduce, ranks }: GroupSpeed): string {
  const slow = ranks.filter(({ slowAt }) => slowAt.length > 0);
  const tera = (perSecond: number) => `${(perSecond / 1e12).toFixed(3)} TFLOP/s`;
  const giga = (perSecond: number) => `${(perSecond / 1e9).toFixed(2)} GB/s`;
  return [
    `${ranks.length} ranks; a sum over all of them takes ${(latency * 1e3).toFixed(2)} ms, and`,
    ...allReduce.map(
      ({ bytes, seconds, bandwidth }) =>
        `  of ${bytes / 2 ** 20} MiB  ${(seconds * 1e3).toFixed(1)} ms  ${giga(bandwidth)}`,
    ),
    "rank  host  computes  sends",
    ...ranks.map(({ rank, host, flops, sending, slowAt }) => {
      const mark = slowAt.length > 0 ? `  slow at ${slowAt.join(" and ")}` : "";
      return `${rank}  ${host}  ${tera(flops)}  ${giga(sending)}${mark}`;
    }),
    slow.length === 0
      ? "No rank holds the others up"
      : `Every update waits for ${slow.map(({ rank, host }) => `rank ${rank} on ${host}`).join(", ")}`,
  ].join("\n");
}
