import { join } from "node:path";
import type { Command } from "commander";
import { z } from "zod";
import { exportOptions } from "../../onnx/options.js";
import { hubOptions, MODEL } from "../../options/hub-options.js";
import { newLabelsOption } from "../../options/label-options.js";
import { pathField } from "../../options/path-option.js";
import { loadModel } from "../../session/load-model.js";
import { notice } from "../notice.js";
import { downloadProgress } from "../progress/download-progress.js";
import { type CommandContext, schemaCommand } from "../schema-command.js";

const commandOptions = z.strictObject({
  model: pathField().describe(MODEL),
  outputDir: pathField().describe("directory to write to"),
  format: z.enum(["onnx"]).default("onnx").describe("what for: onnxruntime, and transformers.js with it"),
  ...exportOptions.shape,
  labels: newLabelsOption,
  ...hubOptions,
});

/** `libbert export` */
export function exportCommand(): Command {
  return schemaCommand("export", commandOptions, run)
    .description(
      "write a model for onnxruntime, in the layout that transformers.js reads; print the files of weights",
    )
    .addHelpText(
      "after",
      "\nExample:\n  libbert export --model runs/films --output-dir exports/films --format onnx --dtype fp32,q8",
    );
}

async function run(
  options: z.output<typeof commandOptions>,
  { json, signal }: CommandContext,
): Promise<void> {
  const { model: name, outputDir, format: _, dtype, overwrite, ...load } = options;
  // It computes nothing: what it is loaded with changes nothing that is written.
  const call = { device: "cpu", signal, onProgress: downloadProgress() };
  await using model = await loadModel(name, { ...load, ...call });
  const written = await model.exportOnnx(outputDir, { dtype, overwrite });
  written.notices.forEach(notice);
  if (json) console.log(JSON.stringify({ outputDir, ...written }));
  else for (const file of written.files) console.log(join(outputDir, file));
}
