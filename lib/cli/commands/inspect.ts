import { resolve } from "node:path";
import type { Command } from "commander";
import { z } from "zod";
import { expected } from "../../errors.js";
import { inspectionOptions } from "../../inspection/options.js";
import type { Inspection, InspectionEvent } from "../../inspection/report.js";
import { pathField } from "../../options/path-option.js";
import { extendUnion } from "../../options/schema.js";
import { inspectData } from "../../session/inspect-data.js";
import { inspectionPage } from "../../session/inspection-page.js";
import type { InspectionOptions } from "../../session/option-types.js";
import { counted } from "../../text-format.js";
import { inspectionText } from "../inspection-text.js";
import { notice } from "../notice.js";
import { writeBeside } from "../output.js";
import { downloadProgress } from "../progress/download-progress.js";
import { type CommandContext, schemaCommand } from "../schema-command.js";

const fileOptions = z.strictObject({
  output: pathField().optional().describe("file for all that was found, as JSON"),
  report: pathField().optional().describe("file for the same as a page of HTML, for a browser"),
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

async function run({ output, report, ...options }: Options, { json, signal }: CommandContext): Promise<void> {
  if (output !== undefined && report !== undefined && resolve(output) === resolve(report))
    throw expected("another file than output has", "report", report);
  const inputs = [options.data, options.against].flat();
  const progress = inspectionProgress();
  const look = () => inspectData({ ...options, signal, onProgress: progress.show }).finally(progress.clear);
  const files = [
    { option: "output", path: output, textOf: (found: Inspection) => `${JSON.stringify(found, null, 2)}\n` },
    { option: "report", path: report, textOf: inspectionPage },
  ];
  const inspection = await files.reduce((inner, file) => () => written(file, inputs, inner), look)();
  console.log(json ? JSON.stringify(inspection) : inspectionText(inspection));
}

interface InspectionFile {
  option: string;
  path: string | undefined;
  textOf(inspection: Inspection): string | Promise<string>;
}

/** Looks with the file open, if there is one: where it cannot be written, that shows before. */
async function written(
  { option, path, textOf }: InspectionFile,
  inputs: readonly unknown[],
  look: () => Promise<Inspection>,
): Promise<Inspection> {
  if (path === undefined) return look();
  let inspection: Inspection | undefined;
  await writeBeside(inputs, path, option, async (write) => {
    inspection = await look();
    await write(await textOf(inspection));
  });
  return inspection!;
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
