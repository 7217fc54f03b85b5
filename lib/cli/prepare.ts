import { SingleBar } from "cli-progress";
import type { Command } from "commander";
import { type PrepareEvent, prepareCorpus } from "../tasks/prepare-corpus.js";
import { type PrepareOptionsChecked, prepareOptions } from "../tasks/prepare-options.js";
import { figureTable } from "./figures.js";
import { Interrupted } from "./interrupt.js";
import { type RunContext, schemaCommand } from "./schema-options.js";
import { takePaths } from "./take-paths.js";

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

async function run(options: PrepareOptionsChecked, { json, signal }: RunContext): Promise<void> {
  const progress = prepareProgress();
  try {
    const report = await prepareCorpus({ ...options, signal, onProgress: progress.onProgress });
    progress.stop();
    console.log(json ? JSON.stringify(report) : figureTable(report));
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    throw new Interrupted(error.signal, "the same command goes on behind the last finished shard");
  } finally {
    progress.stop();
  }
}

/** On standard error: a bar on a terminal, a line for each quarter elsewhere. */
function prepareProgress(): { onProgress(event: PrepareEvent): void; stop(): void } {
  const bar = new SingleBar({
    format: "[{bar}] {percentage}%  {figures}",
    hideCursor: true,
    clearOnComplete: true,
  });
  let quarters = 0;
  const onProgress = (event: PrepareEvent) => {
    if (event.type === "notice") {
      bar.stop();
      console.error(`Note: ${event.message}`);
      return;
    }
    const { bytes, totalBytes, documents, tokens } = event;
    const figures = `${documents} documents, ${tokens} tokens`;
    if (process.stderr.isTTY) {
      if (bar.isActive) bar.update(bytes, { figures });
      else bar.start(totalBytes, bytes, { figures });
    } else if (Math.floor((4 * bytes) / totalBytes) > quarters) {
      quarters = Math.floor((4 * bytes) / totalBytes);
      console.error(`${quarters * 25} % of the text: ${figures}`);
    }
  };
  return { onProgress, stop: () => bar.stop() };
}
