import { Command } from "commander";
import { pretrainingLine } from "../../pre-training/event-line.js";
import { markdownTable } from "../../search/ablation-table.js";
import { ablationRunLine } from "../../search/event-lines.js";
import type { AblationEvent } from "../../search/events.js";
import { ablate } from "../../session/ablate.js";
import type { AblationOptions } from "../../session/option-types.js";
import { namingFlags, notGiven } from "../flags/errors.js";
import { flagsOfCommand } from "../flags/flags.js";
import { afterInterrupt, untilInterrupted } from "../interrupt.js";
import { readJsonObject } from "../json-file.js";
import { downloadProgress } from "../progress/download-progress.js";

const CONFIG = "JSON file with base, variants, seeds and outputDir";

/** `libbert ablate` */
export function ablateCommand(): Command {
  const command = new Command("ablate");
  return command
    .description("pre-train one small model under several settings and seeds, and compare them")
    .option("--config <file>", `${CONFIG} (required)`)
    .option("--output-dir <dir>", "where runs, table and curves go, instead of the file's")
    .option("--json", "make the last line of standard output one JSON object")
    .addHelpText("after", "\nExample:\n  libbert ablate --config examples/ablations/masking.json")
    .action(({ config, outputDir, json }: { config?: string; outputDir?: string; json?: true }) =>
      untilInterrupted(async (signal) => {
        if (config === undefined) throw notGiven("--config <file>", CONFIG);
        try {
          const options = {
            ...readJsonObject(config, "config"),
            ...(outputDir !== undefined && { outputDir }),
          };
          const summaries = await ablate({ ...(options as AblationOptions), signal, onProgress: progress() });
          console.log(json ? JSON.stringify({ variants: summaries }) : markdownTable(summaries));
        } catch (error) {
          const named = namingFlags(error, flagsOfCommand(command));
          throw afterInterrupt(named, "the same command goes on with the run that it was in");
        }
      }),
    );
}

function progress(): (event: AblationEvent) => void {
  const showDownload = downloadProgress();
  return (event) => {
    if (event.type === "download") showDownload(event);
    else console.error(event.type === "run" ? ablationRunLine(event) : pretrainingLine(event));
  };
}
