import type { Command } from "commander";
import type { z } from "zod";
import { convert, convertOptions } from "../../session/convert.js";
import { figureTable } from "../../text-format.js";
import { notice } from "../notice.js";
import { downloadProgress } from "../progress/download-progress.js";
import { type CommandContext, schemaCommand } from "../schema-command.js";

/** `libbert convert` */
export function convertCommand(): Command {
  return schemaCommand("convert", convertOptions, run)
    .description("save a model of another format, torch's or TensorFlow's, with its weights as safetensors")
    .addHelpText(
      "after",
      "\nExample:\n  libbert convert --model uncased_L-12_H-768_A-12 --output-dir bert-base-uncased",
    );
}

async function run(
  options: z.output<typeof convertOptions>,
  { json, signal }: CommandContext,
): Promise<void> {
  const showDownload = downloadProgress();
  const converted = await convert({
    ...options,
    signal,
    onProgress: (event) => (event.type === "notice" ? notice(event.message) : showDownload(event)),
  });
  const weights = converted.weights.join(", ");
  console.log(json ? JSON.stringify(converted) : figureTable({ ...converted, weights }));
}
