import type { Command } from "commander";
import type { z } from "zod";
import { fillMask, fillMaskOptions } from "../../session/fill-mask.js";
import { notice } from "../notice.js";
import { downloadProgress } from "../progress/download-progress.js";
import { type CommandContext, schemaCommand } from "../schema-command.js";

/** The command line has one text: a list would be cut at its commas. */
const commandOptions = fillMaskOptions.omit({ texts: true }).extend({
  text: fillMaskOptions.shape.texts.element.min(1).describe("a text with one or more [MASK] in it"),
});

/** `libbert fill-mask` */
export function fillMaskCommand(): Command {
  return schemaCommand("fill-mask", commandOptions, run)
    .description("show the likeliest tokens for each [MASK] of a text")
    .addHelpText(
      "after",
      '\nExample:\n  libbert fill-mask --model runs/pretrained --text "The sky is [MASK]."',
    );
}

async function run(
  { text, ...options }: z.output<typeof commandOptions>,
  { json, signal }: CommandContext,
): Promise<void> {
  const [masks] = await fillMask({ ...options, texts: [text], signal, onProgress: downloadProgress() });
  if (masks!.truncated) notice("the text was cut to what the model reads");
  if (json) return console.log(JSON.stringify({ text, masks, truncated: masks!.truncated }));
  for (const [index, predictions] of masks!.entries()) {
    if (masks!.length > 1) console.log(`[MASK] ${index + 1}`);
    for (const { token, score } of predictions) console.log(`${score.toFixed(4)}\t${token}`);
  }
}
