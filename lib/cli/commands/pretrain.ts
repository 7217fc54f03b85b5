import type { Command } from "commander";
import { pretrainingLine } from "../../pre-training/event-line.js";
import type { PretrainEvent } from "../../pre-training/events.js";
import { type PretrainSettings, pretrainOptions } from "../../pre-training/options.js";
import { optionsOfRun } from "../../pre-training/run-options.js";
import { pretrainComplete } from "../../session/pretrain.js";
import { figureTable } from "../../text-format.js";
import { afterInterrupt } from "../interrupt.js";
import { readJsonObject } from "../json-file.js";
import { type NextStep, printNextSteps, stepsWithEncoder } from "../next-steps.js";
import { downloadProgress } from "../progress/download-progress.js";
import { ownRank, rankLogger } from "../progress/rank-log.js";
import { type CommandContext, schemaCommand } from "../schema-command.js";

/** `libbert pretrain` */
export function pretrainCommand(): Command {
  // Phases are a list of settings, which only a configuration file holds well.
  return schemaCommand("pretrain", pretrainOptions, run, complete)
    .description("pre-train BERT on what libbert prepare wrote: masked words and next sentence")
    .option("--config <file>", "JSON file with options in the API's spelling; flags win over it")
    .addHelpText(
      "after",
      "\nExamples:\n  libbert pretrain --data shards --size mini --steps 2000 --batch-size 64 \\\n" +
        "    --max-seq-length 128 --learning-rate 5e-4 --warmup-ratio 0.1 --output-dir runs/pretrained\n" +
        "  libbert pretrain --data shards --budget 2h --output-dir runs/pretrained",
    );
}

function complete(given: Record<string, unknown>, { config }: { config?: unknown }): Record<string, unknown> {
  const options = { ...(config === undefined ? {} : readJsonObject(String(config), "config")), ...given };
  return optionsOfRun(options);
}

async function run(options: PretrainSettings, { json, signal }: CommandContext): Promise<void> {
  try {
    const log = rankLogger(options.outputDir);
    let isStarted = false;
    const showDownload = downloadProgress();
    const onProgress = (event: PretrainEvent) => {
      if (event.type === "download") return showDownload(event);
      isStarted ||= event.type === "start";
      log(pretrainingLine(event), isStarted);
    };
    const result = await pretrainComplete({ ...options, signal, onProgress });
    if (ownRank() > 0) return;
    const { metrics, ...course } = result;
    if (json) return console.log(JSON.stringify(result));
    console.log(figureTable({ ...metrics, ...course }));
    printNextSteps(stepsAfter(options));
  } catch (error) {
    throw afterInterrupt(error, `--resume --output-dir ${options.outputDir} goes on from the last snapshot`);
  }
}

function stepsAfter({ outputDir, objective }: PretrainSettings): NextStep[] {
  const trial: NextStep = ["try it", "fill-mask", "--model", outputDir, "--text", "the sky is [MASK]"];
  return objective === "causal" ? stepsWithEncoder(outputDir) : [...stepsWithEncoder(outputDir), trial];
}
