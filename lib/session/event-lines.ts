/** What loggers are told: events of every kind of call in words. */
import { fineTuneLine } from "../fine-tuning/event-line.js";
import { transferLine } from "../hub/transfer-line.js";
import { pretrainingLine } from "../pre-training/event-line.js";
import { ablationRunLine, rangeLine, trialLine } from "../search/event-lines.js";
import type { AblationEvent, SearchEvent } from "../search/events.js";
import type { RangeEvent } from "../search/find-learning-rate-options.js";
import type { TaskName } from "../tasks/find-spec.js";

/** Events of `fineTune()`, and of the calls that train for a task several times. */
export function linesOf(task: TaskName): (event: SearchEvent | RangeEvent) => string {
  return (event) => {
    if (event.type === "download") return transferLine(event);
    if (event.type === "trial") return trialLine(event);
    return event.type === "range" ? rangeLine(event) : fineTuneLine(event, task);
  };
}

/** Events of `pretrain()` and `ablate()`. */
export function lineOfPretraining(event: AblationEvent): string {
  if (event.type === "download") return transferLine(event);
  return event.type === "run" ? ablationRunLine(event) : pretrainingLine(event);
}
