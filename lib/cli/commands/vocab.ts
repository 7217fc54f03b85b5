import { join } from "node:path";
import type { Command } from "commander";
import type { VocabularyEvent } from "../../data/corpus/events.js";
import { trainVocabulary } from "../../data/corpus/train-vocabulary.js";
import { type VocabularySettings, vocabularyOptions } from "../../options/vocabulary-options.js";
import { figureTable } from "../../text-format.js";
import { printNextSteps } from "../next-steps.js";
import { notice } from "../notice.js";
import { barOrQuarters, type ProgressDisplay } from "../progress/progress-bar.js";
import { type CommandContext, schemaCommand } from "../schema-command.js";
import { takePaths } from "../take-paths.js";

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

async function run(options: VocabularySettings, { json, signal }: CommandContext): Promise<void> {
  const progress = vocabularyProgress();
  try {
    const result = await trainVocabulary({ ...options, signal, onProgress: progress.onProgress });
    progress.stop();
    const { pieces, ...figures } = result;
    const summary = { size: pieces.length, ...figures, outputDir: options.outputDir };
    if (json) return console.log(JSON.stringify(summary));
    console.log(figureTable(summary));
    const { input, outputDir } = options;
    const corpus = ["--vocab", outputDir, "--output-dir", join(outputDir, "..", "shards")];
    printNextSteps([["prepare the corpus", "prepare", "--input", ...input, ...corpus]]);
  } finally {
    progress.stop();
  }
}

/** Each of the two steps has a display of its own. */
function vocabularyProgress(): { onProgress(event: VocabularyEvent): void; stop(): void } {
  const counting = stepDisplay("Counting words");
  const learning = stepDisplay("Learning pieces");
  const stop = () => {
    counting.clear();
    learning.clear();
  };
  const onProgress = (event: VocabularyEvent) => {
    switch (event.type) {
      case "count":
        return counting.show({ done: event.bytes, total: event.totalBytes });
      case "merge":
        counting.clear();
        return learning.show({ done: event.pieces, total: event.size });
      case "notice":
        stop();
        notice(event.message);
    }
  };
  return { onProgress, stop };
}

function stepDisplay(step: string): ProgressDisplay {
  const lineOf = (percent: number) => `${step}: ${percent} %`;
  return barOrQuarters(`${step} [{bar}] {percentage}%`, { lineOf, fromZero: true });
}
