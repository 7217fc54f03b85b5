import { budgetLine } from "../budget/choice.js";
import type { DownloadEvent } from "../hub/options.js";
import type { SnapshotsOnDisk } from "../snapshots/run-snapshots.js";
import { clockTime, figuresText, runLine } from "../train/run-lines.js";
import type { PretrainEvent, PretrainStart, PretrainStep } from "./events.js";

/** One line, or two, for an event of pre-training. */
export function pretrainingLine(event: Exclude<PretrainEvent, DownloadEvent>): string {
  if (event.type === "step") return stepLine(event);
  if (event.type === "budget") return budgetLine(event);
  if (event.type === "saved" && event.snapshots !== null) return savedLines(event.directory, event.snapshots);
  return runLine(event, { start: courseText, evaluation: ({ metrics }) => `: ${figuresText(metrics)}` });
}

function courseText({ parameters, documents, tokens, firstStep, totalSteps }: PretrainStart): string {
  const steps =
    firstStep < totalSteps ? `steps ${firstStep + 1} to ${totalSteps}` : `all ${totalSteps} steps are made`;
  return `Pre-training ${parameters} parameters on ${documents} documents, ${tokens} tokens: ${steps}`;
}

function savedLines(directory: string, snapshots: SnapshotsOnDisk): string {
  const megabytes = Math.max(1, Math.round(snapshots.bytes / 1e6));
  return (
    `Saved in ${directory}\nFor more steps with --resume there are snapshots of ${megabytes} MB in ` +
    `${snapshots.directory}; nothing else needs them`
  );
}

function stepLine(event: PretrainStep): string {
  const { step, totalSteps, loss, learningRate, tokensPerSecond, remainingSeconds } = event;
  const figures = [
    `loss ${loss.toFixed(4)}${partsText(event)}`,
    `lr ${learningRate.toExponential(2)}`,
    `${Math.round(tokensPerSecond)} tokens/s`,
    `${clockTime(remainingSeconds)} left`,
    ...reductionText(event),
  ];
  return `Step ${step}/${totalSteps}: ${figures.join("  ")}`;
}

function partsText({ mlmLoss, nspLoss }: PretrainStep): string {
  return nspLoss === null ? "" : ` (words ${mlmLoss.toFixed(4)}, pairs ${nspLoss.toFixed(4)})`;
}

function reductionText({ reduction }: PretrainStep): string[] {
  if (reduction === undefined) return [];
  const milliseconds = (seconds: number) => (1000 * seconds).toFixed(1);
  return [
    `reduction ${milliseconds(reduction.seconds)} ms, ${milliseconds(reduction.waited)} ms after backward`,
  ];
}
