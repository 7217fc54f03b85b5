import type { NoticeEvent } from "../options/notice-event.js";
import { figure } from "../text-format.js";
import type { RunEvaluation, RunSaved, RunSnapshot, RunStart } from "./events.js";

/** What a kind of run says in words of its own. */
export interface RunTexts<Start, Measured> {
  /** What is trained, and how long. */
  start(event: Start): string;
  /** What follows `Evaluation after step 3`. */
  evaluation(event: Measured): string;
}

/** One line, or two, for an event that every kind of run has. */
export function runLine<Start extends RunStart, Measured extends RunEvaluation<object>>(
  event: Start | Measured | RunSnapshot | RunSaved | NoticeEvent,
  texts: RunTexts<Start, Measured>,
): string {
  switch (event.type) {
    case "start":
      return `${texts.start(event)}\nComputing on ${event.device}, ${event.reason}`;
    case "evaluation":
      return `Evaluation after step ${event.step}${texts.evaluation(event)}`;
    case "snapshot":
      return `Snapshot of step ${event.step} written`;
    case "saved":
      return `Saved in ${event.directory}`;
    case "notice":
      return `Note: ${event.message}`;
  }
}

/** `accuracy 0.9130, loss 0.2914`. @param names those of the figures to show; one that is no number is left out */
export function figuresText(metrics: object, names: readonly string[] = Object.keys(metrics)): string {
  const values = metrics as Record<string, unknown>;
  return names
    .flatMap((name) => {
      const value = values[name];
      return typeof value === "number" ? `${name} ${figure(value)}` : [];
    })
    .join(", ");
}

/** `0:35`, `12:05`, `1:02:05` */
export function clockTime(seconds: number): string {
  const whole = Math.round(seconds);
  const twoDigits = (n: number) => String(Math.floor(n) % 60).padStart(2, "0");
  if (whole < 3600) return `${Math.floor(whole / 60)}:${twoDigits(whole)}`;
  return `${Math.floor(whole / 3600)}:${twoDigits(whole / 60)}:${twoDigits(whole)}`;
}
