import { SingleBar } from "cli-progress";
import type { Command } from "commander";
import { trainVocabulary, type VocabularyEvent } from "../tasks/train-vocabulary.js";
import { type VocabularySettings, vocabularyOptions } from "../tasks/vocabulary-options.js";
import { figureTable } from "./figures.js";
import { type RunContext, schemaCommand } from "./schema-options.js";
import { takePaths } from "./take-paths.js";

/** `libbert vocab` */
export function vocabCommand(): Command {
  const command = schemaCommand("vocab", vocabularyOptions, run)
    .description("learn a WordPiece vocabulary from text and save the tokenizer")
    .addHelpText(
      "after",
      '\nExample:\n  libbert vocab --input "corpus/*.txt" reviews.jsonl.gz --size 8000 --output-dir tokenizer',
    );
  return takePaths(command);
}

async function run(options: VocabularySettings, { json, signal }: RunContext): Promise<void> {
  const progress = vocabularyProgress();
  try {
    const result = await trainVocabulary({ ...options, signal, onProgress: progress.onProgress });
    progress.stop();
    const { pieces, ...figures } = result;
    const summary = { size: pieces.length, ...figures, outputDir: options.outputDir };
    console.log(json ? JSON.stringify(summary) : figureTable(summary));
  } finally {
    progress.stop();
  }
}

/** On standard error: a bar for each of the two steps on a terminal, a line for each quarter elsewhere. */
function vocabularyProgress(): { onProgress(event: VocabularyEvent): void; stop(): void } {
  const bar = new SingleBar({
    format: "{step} [{bar}] {percentage}%",
    hideCursor: true,
    clearOnComplete: true,
  });
  let shown = "";
  const onProgress = (event: VocabularyEvent) => {
    if (event.type === "notice") {
      bar.stop();
      console.error(`Note: ${event.message}`);
      return;
    }
    const [step, done, total] =
      event.type === "count"
        ? ["Counting words", event.bytes, event.totalBytes]
        : ["Learning pieces", event.pieces, event.size];
    if (process.stderr.isTTY) {
      if (bar.isActive && shown === step) return bar.update(done);
      bar.stop();
      bar.start(total, done, { step });
      shown = step;
    } else {
      const line = `${step}: ${Math.floor((4 * done) / total) * 25} %`;
      if (line !== shown) console.error(line);
      shown = line;
    }
  };
  return { onProgress, stop: () => bar.stop() };
}
