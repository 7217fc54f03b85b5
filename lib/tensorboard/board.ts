import { reasonOf } from "../files/write-error.js";
import type { FlatParameters } from "../optim/flat-parameters.js";
import type { RunEvaluation, RunStart, RunStep } from "../train/events.js";
import { EventFile } from "./event-file.js";
import { tableOf } from "./facts.js";
import { histogramOf } from "./histogram.js";
import type { EventContent, Summary } from "./messages.js";
import { evaluationScalars, stepScalars } from "./scalars.js";

/** An event of a run: those that a board shows, and others, which it passes over. */
export type BoardEvent =
  | RunStart
  | RunStep
  | RunEvaluation<object>
  | { type: "budget" | "seed" | "download" | "snapshot" | "saved" | "notice" };

/** The context of a run, which tells a board, too, what it tells. */
export function withBoard<Event extends BoardEvent, Context extends { emit(event: Event): void }>(
  context: Context,
  board: Board | null,
): Context & { board?: Board } {
  if (board === null) return context;
  const emit = (event: Event) => {
    board.tell(event);
    context.emit(event);
  };
  return { ...context, board, emit };
}

/** One run as TensorBoard shows it, in a folder of its own. */
export class Board implements Disposable {
  #file: EventFile | null = null;
  #hasFailed = false;

  /**
   * @param settings are shown as a table
   * @param notify is told that the disk is full, or the folder gone: a run goes on without its figures
   */
  constructor(
    readonly folder: string,
    readonly settings: object,
    readonly notify: (message: string) => void,
  ) {}

  tell(event: BoardEvent): void {
    if (event.type === "start") this.#begin(event);
    else if (event.type === "step") this.#write(stepScalars(event), event.step);
    else if (event.type === "evaluation") this.#write(evaluationScalars(event), event.step);
  }

  /** Shows how the weights are spread after so many updates. */
  tellWeights(parameters: FlatParameters, step: number): void {
    const slots = [...parameters.groups, ...parameters.frozen].flatMap((group) => group.slots);
    const summaries = parameters.withMasters(() =>
      slots.map(
        ({ name, parameter }): Summary => ({
          tag: `weights/${name}`,
          histogram: histogramOf(parameter.toArray()),
        }),
      ),
    );
    this.#write(summaries, step);
  }

  /** What the folder holds of later updates than those that the run goes on with is of an earlier try. */
  #begin({ type: _, ...facts }: RunStart): void {
    const { firstStep } = facts;
    const step = firstStep === 0 ? 0 : firstStep + 1;
    this.#write("session-start", step);
    const texts = [
      { tag: "run/options", text: tableOf(this.settings) },
      { tag: "run/start", text: tableOf(facts) },
    ];
    this.#write(texts, step);
  }

  #write(content: EventContent, step: number): void {
    if (this.#hasFailed) return;
    try {
      this.#file ??= new EventFile(this.folder);
      this.#file.write(content, step);
    } catch (error) {
      this.#hasFailed = true;
      this.notify(
        `TensorBoard's events could not be written to ${this.folder}: ${reasonOf(error)}; the run goes on without`,
      );
    }
  }

  [Symbol.dispose](): void {
    this.#file?.[Symbol.dispose]();
  }
}
