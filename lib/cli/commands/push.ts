import type { Command } from "commander";
import type { z } from "zod";
import { push, pushOptions } from "../../session/push.js";
import { uploadProgress } from "../progress/download-progress.js";
import { type CommandContext, schemaCommand } from "../schema-command.js";

/** `libbert push` */
export function pushCommand(): Command {
  return schemaCommand("push", pushOptions, run)
    .description("bring a saved model to the Hugging Face Hub, and print where it is")
    .addHelpText(
      "after",
      "\nExample:\n  libbert push --model runs/films --repository organisation/films --private",
    );
}

async function run(options: z.output<typeof pushOptions>, { json, signal }: CommandContext): Promise<void> {
  const pushed = await push({ ...options, signal, onProgress: uploadProgress() });
  console.log(json ? JSON.stringify(pushed) : pushed.url);
}
