import { SingleBar } from "cli-progress";
import type { EvaluationEvent, ProgressEvent, StartEvent, StepEvent } from "../tasks/fine-tuning/progress.js";
import { figure } from "./figures.js";
import { ownRank, voiceOf } from "./rank-voice.js";

/** Shows the course of a training on standard error. */
export interface TrainingProgress {
  onProgress(event: ProgressEvent): void;
  /** Takes the bar off the terminal; further steps are not shown. */
  stop(): void;
}

interface StepDisplay {
  show(step: StepEvent): void;
  /** Makes room for a line of text. */
  clear(): void;
}

/**
 * A bar on a terminal, lines elsewhere.
 *
 * @param outputDir where ranks other than the first write their lines
 */
export function trainingProgress(outputDir?: string): TrainingProgress {
  let started = false;
  const say = voiceOf(outputDir);
  const isShown = process.stderr.isTTY && ownRank() === 0;
  const steps = isShown ? stepBar(process.stderr.columns || 80) : stepLines((line) => say(line, started));
  const smooth = smoothLoss();
  let stopped = false;
  return {
    onProgress(event) {
      started ||= event.type === "start";
      if (event.type !== "step") {
        steps.clear();
        say(lineOf(event), started);
      } else if (!stopped) {
        steps.show({ ...event, loss: smooth(event.loss) });
      }
    },
    stop() {
      stopped = true;
      steps.clear();
    },
  };
}

/** As much as is needed to the right of the bar: `100%  12500/12500  loss 0.3512  lr 5.00e-5  1250 seq/s  12:34 left` */
const FIGURES_WIDTH = 68;

function stepBar(columns: number): StepDisplay {
  const bar = new SingleBar({
    format: "[{bar}] {percentage}%  {value}/{total}  {figures}",
    barsize: Math.min(40, Math.max(5, columns - FIGURES_WIDTH)),
    hideCursor: true,
    clearOnComplete: true,
  });
  return {
    show(step) {
      const figures = figuresOf(step);
      if (bar.isActive) bar.update(step.step, { figures });
      else bar.start(step.totalSteps, step.step, { figures });
    },
    clear: () => bar.stop(),
  };
}

/** A line for every 5 % of the updates or every 10 seconds, whichever is rarer, and for the last update. */
export function stepLines(
  write: (line: string) => void = console.error,
  now: () => number = Date.now,
): StepDisplay {
  let shownStep = 0;
  let shownAt = now();
  return {
    show(step) {
      const due = step.step - shownStep >= step.totalSteps / 20 && now() - shownAt >= 10_000;
      if (!due && step.step < step.totalSteps) return;
      shownStep = step.step;
      shownAt = now();
      write(`Step ${step.step}/${step.totalSteps}, epoch ${step.epoch}: ${figuresOf(step)}`);
    },
    clear: () => {},
  };
}

function figuresOf({ loss, learningRate, sequencesPerSecond, remainingSeconds }: StepEvent): string {
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

/** `0:35`, `12:05`, `1:02:05` */
export function clockTime(seconds: number): string {
  const whole = Math.round(seconds);
  const twoDigits = (n: number) => String(Math.floor(n) % 60).padStart(2, "0");
  if (whole < 3600) return `${Math.floor(whole / 60)}:${twoDigits(whole)}`;
  return `${Math.floor(whole / 3600)}:${twoDigits(whole / 60)}:${twoDigits(whole)}`;
}

function lineOf(event: Exclude<ProgressEvent, StepEvent>): string {
  switch (event.type) {
    case "start":
      return startLine(event);
    case "range":
      return `Update ${event.step} of ${event.updates}: lr ${event.learningRate.toExponential(2)}  loss ${event.loss.toFixed(4)}`;
    case "seed":
      return `Seed ${event.seed}: run ${event.run} of ${event.runs}`;
    case "evaluation":
      return evaluationLine(event);
    case "saved":
      return `Saved in ${event.directory}`;
    case "notice":
      return `Note: ${event.message}`;
  }
}

function startLine({ rows, labels, epochs, totalSteps, device, reason }: StartEvent): string {
  const shown = labels.slice(0, 10).join(", ") + (labels.length > 10 ? ", ..." : "");
  const course = `${totalSteps} updates in ${epochs} ${epochs === 1 ? "epoch" : "epochs"}`;
  const classes = labels.length > 0 ? ` with ${labels.length} labels (${shown})` : "";
  return `Training on ${rows} rows${classes}: ${course}\nComputing on ${device}, ${reason}`;
}

/** Figures of an evaluation that measure the rows, not the model. */
const COUNTS = new Set([
  "rows",
  "truncatedTexts",
  "emptyTexts",
  "entities",
  "words",
  "emptyWords",
  "windows",
  "movedAnswers",
  "lostAnswers",
  "cutQuestions",
  "hasAnswerRows",
  "noAnswerRows",
]);

function evaluationLine({ step, epoch, metrics }: EvaluationEvent): string {
  const shown = Object.entries(metrics)
    .filter(([name, value]) => typeof value === "number" && !COUNTS.has(name))
    .map(([name, value]) => `${name} ${figure(value)}`);
  return `Evaluation after step ${step} (epoch ${figure(epoch)}) on ${metrics.rows} rows: ${shown.join(", ")}`;
}
