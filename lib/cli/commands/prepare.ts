import { join } from "node:path";
import type { Command } from "commander";
import type { PrepareEvent } from "../../data/corpus/events.js";
import { prepareCorpus } from "../../data/corpus/prepare-corpus.js";
import { type PrepareSettings, prepareOptions } from "../../options/prepare-options.js";
import { figureTable } from "../../text-format.js";
import { Interrupted } from "../interrupt.js";
import { printNextSteps } from "../next-steps.js";
import { notice } from "../notice.js";
import { barOrQuarters } from "../progress/progress-bar.js";
import { type CommandContext, schemaCommand } from "../schema-command.js";
import { takePaths } from "../take-paths.js";

/** `libbert prepare` */
export function prepareCommand(): Command {
  const command = schemaCommand("prepare", prepareOptions, run)
    .description("divide documents into sentences and tokens, ready for pre-training")
    .addHelpText(
      "after",
      '\nExample:\n  libbert prepare --input "corpus/*.txt" reviews.jsonl.gz --vocab tokenizer --output-dir shards',
    );
  return takePaths(command);
}

async function run(options: PrepareSettings, { json, signal }: CommandContext): Promise<void> {
  const display = barOrQuarters("[{bar}] {percentage}%  {figures}", {
    lineOf: (percent, figures) => `${percent} % of the text: ${figures}`,
  });
  const onProgress = (event: PrepareEvent) => {
    if (event.type === "notice") {
      display.clear();
      notice(event.message);
      return;
    }
    const { bytes, totalBytes, documents, tokens } = event;
    display.show({ done: bytes, total: totalBytes, figures: `${documents} documents, ${tokens} tokens` });
  };
  try {
    const report = await prepareCorpus({ ...options, signal, onProgress });
    display.clear();
    if (json) return console.log(JSON.stringify(report));
    console.log(figureTable(report));
    const { outputDir } = options;
    const run = ["--steps", "NUMBER", "--output-dir", join(outputDir, "..", "pretrained")];
    if (report.directory === outputDir)
      printNextSteps([["pre-train on it", "pretrain", "--data", outputDir, ...run]]);
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    throw new Interrupted(error.signal, "the same command goes on behind the last finished shard");
  } finally {
    display.clear();
  }
}
