import type { Command } from "commander";
import type { z } from "zod";
import { pull, pullOptions } from "../../session/pull.js";
import { downloadProgress } from "../progress/download-progress.js";
import { type CommandContext, schemaCommand } from "../schema-command.js";

/** `libbert pull` */
export function pullCommand(): Command {
  return schemaCommand("pull", pullOptions, run)
    .description("fetch a model of the Hugging Face Hub into the cache, and print the folder that it is in")
    .addHelpText("after", "\nExample:\n  libbert pull --model sentence-transformers/all-MiniLM-L6-v2");
}

async function run(options: z.output<typeof pullOptions>, { json, signal }: CommandContext): Promise<void> {
  const pulled = await pull({ ...options, signal, onProgress: downloadProgress() });
  console.log(json ? JSON.stringify(pulled) : pulled.folder);
}
