import { fineTuneLine, stepFigures } from "../../fine-tuning/event-line.js";
import type { FineTuneEvent, FineTuneStep } from "../../fine-tuning/events.js";
import { rangeLine } from "../../search/event-lines.js";
import type { RangeEvent } from "../../search/find-learning-rate-options.js";
import type { TaskName } from "../../tasks/find-spec.js";
import { downloadProgress } from "./download-progress.js";
import { type ProgressDisplay, progressBar } from "./progress-bar.js";
import { ownRank, rankLogger } from "./rank-log.js";

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
  const bar = process.stderr.isTTY && ownRank() === 0 ? stepBar() : null;
  const isDue = lineIsDue();
  const smooth = smoothLoss();
  const showDownload = downloadProgress();
  let task: TaskName | undefined;
  let isStopped = false;

  const showStep = (event: FineTuneStep) => {
    const { step, totalSteps, epoch } = event;
    const figures = stepFigures({ ...event, loss: smooth(event.loss) });
    if (bar) bar.show({ done: step, total: totalSteps, figures });
    else if (isDue(event)) log(`Step ${step}/${totalSteps}, epoch ${epoch}: ${figures}`, true);
  };
  return {
    onProgress(event) {
      if (event.type === "download") return ownRank() === 0 ? showDownload(event) : undefined;
      if (event.type === "start") task = event.task;
      if (event.type !== "step") {
        bar?.clear();
        log(event.type === "range" ? rangeLine(event) : fineTuneLine(event, task!), task !== undefined);
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

/** As much as is needed beside the bar: `100%  12500/12500  loss 0.3512  lr 5.00e-5  1250 seq/s  12:34 left` */
const FIGURES_WIDTH = 68;

function stepBar(): ProgressDisplay {
  return progressBar("[{bar}] {percentage}%  {value}/{total}  {figures}", FIGURES_WIDTH);
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
