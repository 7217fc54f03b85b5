import type { Command } from "commander";
import { pretrain } from "../session/pretrain.js";
import { type PretrainSettings, pretrainOptions } from "../tasks/pretraining/options.js";
import type {
  PretrainEvent,
  PretrainLogEvent,
  PretrainMetrics,
  PretrainStartEvent,
} from "../tasks/pretraining/progress.js";
import { withRecipe } from "../tasks/pretraining/recipes.js";
import { figure, figureTable } from "./figures.js";
import { afterInterrupt } from "./interrupt.js";
import { readJsonObject } from "./json-file.js";
import { ownRank, voiceOf } from "./rank-voice.js";
import { type RunContext, schemaCommand } from "./schema-options.js";
import { clockTime } from "./training-progress.js";

/** `libbert pretrain` */
export function pretrainCommand(): Command {
  // Phases are a list of settings, which only a configuration file holds well.
  return schemaCommand("pretrain", pretrainOptions, run, complete)
    .description("pre-train BERT on what libbert prepare wrote: masked words and next sentence")
    .option("--config <file>", "JSON file with options in the API's spelling; flags win over it")
    .addHelpText(
      "after",
      "\nExample:\n  libbert pretrain --data shards --size mini --steps 2000 --batch-size 64 \\\n" +
        "    --max-seq-length 128 --learning-rate 5e-4 --warmup-ratio 0.1 --output-dir runs/pretrained",
    );
}

function complete(given: Record<string, unknown>, { config }: { config?: unknown }): Record<string, unknown> {
  return withRecipe({ ...(config === undefined ? {} : readJsonObject(String(config))), ...given });
}

async function run(options: PretrainSettings, { json, signal }: RunContext): Promise<void> {
  try {
    const say = voiceOf(options.outputDir);
    let isStarted = false;
    const onProgress = (event: PretrainEvent) => {
      isStarted ||= event.type === "start";
      say(pretrainLine(event), isStarted);
    };
    const result = await pretrain({ ...options, signal, onProgress });
    if (ownRank() > 0) return;
    const { metrics, ...course } = result;
    console.log(json ? JSON.stringify(result) : figureTable({ ...metrics, ...course }));
  } catch (error) {
    throw afterInterrupt(error, "--resume goes on from the last snapshot");
  }
}

/** One line for an event of pre-training. */
export function pretrainLine(event: PretrainEvent): string {
  switch (event.type) {
    case "start":
      return (
        `Pre-training ${event.parameters} parameters on ${event.documents} documents, ${event.tokens} tokens: ` +
        `${stepsText(event)}\nComputing on ${event.device}, ${event.reason}`
      );
    case "log":
      return (
        `Step ${event.step}/${event.totalSteps}: loss ${event.loss.toFixed(4)}${partsText(event)}  lr ${event.learningRate.toExponential(2)}  ` +
        `${Math.round(event.tokensPerSecond)} tokens/s  ${clockTime(event.remainingSeconds)} left${reductionText(event)}`
      );
    case "evaluation":
      return `Evaluation after step ${event.step}: ${metricsText(event.metrics)}`;
    case "snapshot":
      return `Snapshot of step ${event.step} written`;
    case "saved":
      return `Saved in ${event.directory}`;
    case "notice":
      return `Note: ${event.message}`;
  }
}

function partsText({ mlmLoss, nspLoss }: PretrainLogEvent): string {
  return nspLoss === null ? "" : ` (words ${mlmLoss.toFixed(4)}, pairs ${nspLoss.toFixed(4)})`;
}

function reductionText({ reduction }: PretrainLogEvent): string {
  if (reduction === undefined) return "";
  const milliseconds = (seconds: number) => (1000 * seconds).toFixed(1);
  return `  reduction ${milliseconds(reduction.seconds)} ms, ${milliseconds(reduction.waited)} ms after backward`;
}

function stepsText({ firstStep, totalSteps }: PretrainStartEvent): string {
  return firstStep < totalSteps
    ? `steps ${firstStep + 1} to ${totalSteps}`
    : `all ${totalSteps} steps are made`;
}

function metricsText(metrics: PretrainMetrics): string {
  const known = Object.entries(metrics).filter((entry): entry is [string, number] => entry[1] !== null);
  return known.map(([name, value]) => `${name} ${figure(value)}`).join(", ");
}
