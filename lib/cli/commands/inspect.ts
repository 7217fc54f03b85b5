import type { Command } from "commander";
import { z } from "zod";
import { inspectionOptions } from "../../inspection/options.js";
import type { InspectionEvent } from "../../inspection/report.js";
import { pathField } from "../../options/path-option.js";
import { extendUnion } from "../../options/schema.js";
import { inspectData } from "../../session/inspect-data.js";
import type { InspectionOptions } from "../../session/option-types.js";
import { counted } from "../../text-format.js";
import { inspectionText } from "../inspection-text.js";
import { notice } from "../notice.js";
import { writeOutput } from "../output.js";
import { downloadProgress } from "../progress/download-progress.js";
import { type CommandContext, schemaCommand } from "../schema-command.js";

const fileOptions = z.strictObject({
  output: pathField().optional().describe("file for all that was found, as JSON"),
});

const commandOptions = extendUnion(inspectionOptions, fileOptions.shape);

type Options = InspectionOptions & z.output<typeof fileOptions>;

/** `libbert inspect` */
export function inspectCommand(): Command {
  return schemaCommand<Options>("inspect", commandOptions, run)
    .description(
      "look through rows before a model trains on them: columns, labels, lengths, and what is wrong",
    )
    .addHelpText(
      "after",
      "\nExample:\n  libbert inspect --task classification --data train.tsv --against dev.tsv --model bert-base",
    );
}

async function run({ output, ...options }: Options, { json, signal }: CommandContext): Promise<void> {
  const inputs = [options.data, options.against].flat();
  const progress = inspectionProgress();
  const look = () => inspectData({ ...options, signal, onProgress: progress.show }).finally(progress.clear);
  const inspection = output === undefined ? await look() : await written(output, inputs, look);
  console.log(json ? JSON.stringify(inspection) : inspectionText(inspection));
}

/** Looks with the file open: one that cannot be written to shows before. */
async function written<Value>(path: string, inputs: readonly unknown[], look: () => Promise<Value>) {
  let value: Value | undefined;
  await writeOutput(path, inputs, async (write) => {
    value = await look();
    await write(`${JSON.stringify(value, null, 2)}\n`);
  });
  return value!;
}

/** Shows on standard error what an inspection tells: on a terminal, also how many rows it has read. */
function inspectionProgress(): { show(event: InspectionEvent): void; clear(): void } {
  const showDownload = downloadProgress();
  const { isTTY } = process.stderr;
  const clear = () => isTTY && process.stderr.write("\r\x1b[K"); // the line that the cursor is in
  return {
    show(event) {
      clear();
      if (event.type === "notice") notice(event.message);
      else if (event.type === "download") showDownload(event);
      else if (event.type === "fold")
        console.error(`Judging labels: model ${event.fold} of ${event.folds} is trained`);
      else if (isTTY) process.stderr.write(`${event.of}: ${counted(event.rows, "row")} read`);
    },
    clear,
  };
}
