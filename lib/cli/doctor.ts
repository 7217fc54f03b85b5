import { Command } from "commander";
import { formatReport, inspect } from "../runtime/doctor.js";

/** `libbert doctor` */
export function doctorCommand(): Command {
  return new Command("doctor")
    .description("show what libbert finds on this machine and whether it can run; exit code 1 if it cannot")
    .option("--json", "print one JSON object")
    .action((options: { json?: boolean }) => {
      const report = inspect();
      console.log(options.json ? JSON.stringify(report) : formatReport(report));
      if (!report.ok) process.exitCode = 1;
    });
}
