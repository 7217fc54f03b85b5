import { budgetLine } from "../budget/choice.js";
import type { DownloadEvent } from "../hub/options.js";
import { specOf, type TaskName } from "../tasks/find-spec.js";
import { counted, figure, numberText } from "../text-format.js";
import { clockTime, figuresText, runLine } from "../train/run-lines.js";
import type { FineTuneEvaluation, FineTuneEvent, FineTuneStart, FineTuneStep } from "./events.js";

/** An event of fine-tuning in words. @param task what the training is for */
export function fineTuneLine(event: Exclude<FineTuneEvent, DownloadEvent>, task: TaskName): string {
  switch (event.type) {
    case "step":
      return `Step ${event.step}/${event.totalSteps}, epoch ${event.epoch}: ${stepFigures(event)}`;
    case "budget":
      return budgetLine(event);
    case "seed":
      return `Seed ${event.seed}: run ${event.run} of ${event.runs}${event.done ? " (done before)" : ""}`;
    default:
      return runLine(event, {
        start: courseText,
        evaluation: (measured: FineTuneEvaluation) => evaluationText(measured, task),
      });
  }
}

/** `loss 0.3512  lr 5.00e-5  1250 seq/s  12:34 left` */
export function stepFigures({
  loss,
  learningRate,
  sequencesPerSecond,
  remainingSeconds,
}: FineTuneStep): string {
  return [
    `loss ${loss.toFixed(4)}`,
    `lr ${learningRate.toExponential(2)}`,
    `${sequencesPerSecond.toFixed(sequencesPerSecond < 10 ? 1 : 0)} seq/s`,
    `${clockTime(remainingSeconds)} left`,
  ].join("  ");
}

function courseText({ rows, labels, epochs, firstStep, totalSteps }: FineTuneStart): string {
  const shown = labels.slice(0, 10).join(", ") + (labels.length > 10 ? ", ..." : "");
  const classes = labels.length > 0 ? ` with ${labels.length} labels (${shown})` : "";
  const course = `${counted(totalSteps, "update")} in ${epochsText(epochs)}`;
  const made = firstStep === 0 ? "" : `, of which ${firstStep} ${firstStep === 1 ? "is" : "are"} made`;
  return `Training on ${counted(rows, "row")}${classes}: ${course}${made}`;
}

/** `1 epoch`, `2.5 epochs` */
export function epochsText(epochs: number): string {
  return `${numberText(epochs)} ${epochs === 1 ? "epoch" : "epochs"}`;
}

/** Of the figures, those that measure the model; the others measure the rows. */
function evaluationText({ epoch, metrics }: FineTuneEvaluation, task: TaskName): string {
  const figures = figuresText(metrics, Object.keys(specOf(task).metrics));
  return ` (epoch ${figure(epoch)}) on ${counted(metrics.rows, "row")}: ${figures}`;
}
