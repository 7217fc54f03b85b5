import type {
  FineTuneEvaluation,
  FineTuneEvent,
  FineTuneStart,
  FineTuneStep,
} from "../../fine-tuning/events.js";
import type { DownloadEvent } from "../../hub/options.js";
import type { RangeEvent } from "../../search/find-learning-rate-options.js";
import { specOf, type TaskName } from "../../tasks/find-spec.js";
import { counted, figure } from "../../text-format.js";
import { downloadProgress } from "./download-progress.js";
import { type ProgressDisplay, progressBar } from "./progress-bar.js";
import { ownRank, rankLogger } from "./rank-log.js";
import { clockTime, figuresText, runLine } from "./run-lines.js";

type TrainingEvent = FineTuneEvent | RangeEvent;

/** Shows the course of a training on standard error. */
export interface TrainingProgress {
  onProgress(event: TrainingEvent): void;
  /** Takes the bar off the terminal; further steps are not shown. */
  stop(): void;
}

/**
 * A bar on a terminal, lines elsewhere.
 *
 * @param outputDir where ranks other than the first write their lines
 */
export function trainingProgress(outputDir?: string): TrainingProgress {
  const log = rankLogger(outputDir);
  const bar = process.stderr.isTTY && ownRank() === 0 ? stepBar(process.stderr.columns || 80) : null;
  const isDue = lineIsDue();
  const smooth = smoothLoss();
  const showDownload = downloadProgress();
  let task: TaskName | undefined;
  let isStopped = false;

  const showStep = (event: FineTuneStep) => {
    const { step, totalSteps, epoch } = event;
    const figures = stepText({ ...event, loss: smooth(event.loss) });
    if (bar) bar.show({ done: step, total: totalSteps, figures });
    else if (isDue(event)) log(`Step ${step}/${totalSteps}, epoch ${epoch}: ${figures}`, true);
  };
  return {
    onProgress(event) {
      if (event.type === "download") return ownRank() === 0 ? showDownload(event) : undefined;
      if (event.type === "start") task = event.task;
      if (event.type !== "step") {
        bar?.clear();
        log(lineOf(event, task), task !== undefined);
      } else if (!isStopped) {
        showStep(event);
      }
    },
    stop() {
      isStopped = true;
      bar?.clear();
    },
  };
}

/** As much as is needed to the right of the bar: `100%  12500/12500  loss 0.3512  lr 5.00e-5  1250 seq/s  12:34 left` */
const FIGURES_WIDTH = 68;

function stepBar(columns: number): ProgressDisplay {
  const barsize = Math.min(40, Math.max(5, columns - FIGURES_WIDTH));
  return progressBar("[{bar}] {percentage}%  {value}/{total}  {figures}", barsize);
}

/** Whether a step gets a line: every 5 % of the updates or every 10 seconds, whichever is rarer, and the last update. */
export function lineIsDue(now: () => number = Date.now) {
  let shownStep = 0;
  let shownAt = now();
  return ({ step, totalSteps }: Pick<FineTuneStep, "step" | "totalSteps">): boolean => {
    const isDue = step - shownStep >= totalSteps / 20 && now() - shownAt >= 10_000;
    if (!isDue && step < totalSteps) return false;
    shownStep = step;
    shownAt = now();
    return true;
  };
}

function stepText({ loss, learningRate, sequencesPerSecond, remainingSeconds }: FineTuneStep): string {
  return [
    `loss ${loss.toFixed(4)}`,
    `lr ${learningRate.toExponential(2)}`,
    `${sequencesPerSecond.toFixed(sequencesPerSecond < 10 ? 1 : 0)} seq/s`,
    `${clockTime(remainingSeconds)} left`,
  ].join("  ");
}

/** Running mean of the losses, in which the last ten or so count most: single batches jump too much to be read. */
function smoothLoss(): (loss: number) => number {
  let mean = 0;
  let weight = 0;
  return (loss) => {
    mean = 0.9 * mean + 0.1 * loss;
    weight = 0.9 * weight + 0.1;
    return mean / weight;
  };
}

/** @param task what the training is for; known once it has started */
function lineOf(
  event: Exclude<TrainingEvent, FineTuneStep | DownloadEvent>,
  task: TaskName | undefined,
): string {
  switch (event.type) {
    case "range":
      return `Test ${event.test} of ${event.tests}, update ${event.step} of ${event.updates}: lr ${event.learningRate.toExponential(2)}  loss ${event.loss.toFixed(4)}`;
    case "seed":
      return `Seed ${event.seed}: run ${event.run} of ${event.runs}`;
    default:
      return runLine(event, {
        start: courseText,
        evaluation: (measured: FineTuneEvaluation) => evaluationText(measured, task!),
      });
  }
}

function courseText({ rows, labels, epochs, totalSteps }: FineTuneStart): string {
  const shown = labels.slice(0, 10).join(", ") + (labels.length > 10 ? ", ..." : "");
  const classes = labels.length > 0 ? ` with ${labels.length} labels (${shown})` : "";
  const course = `${counted(totalSteps, "update")} in ${counted(epochs, "epoch")}`;
  return `Training on ${counted(rows, "row")}${classes}: ${course}`;
}

/** Of the figures, those that measure the model; the others measure the rows. */
function evaluationText({ epoch, metrics }: FineTuneEvaluation, task: TaskName): string {
  const figures = figuresText(metrics, Object.keys(specOf(task).metrics));
  return ` (epoch ${figure(epoch)}) on ${counted(metrics.rows, "row")}: ${figures}`;
}
