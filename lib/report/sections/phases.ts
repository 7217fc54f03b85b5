import { type Section, table } from "../elements.js";
import type { Content } from "../html.js";
import { dataOf, shortFigure } from "../numbers.js";
import type { TrainingRun } from "../read/training-run.js";

/** How the losses of a pre-training went in each of its phases. */
export function phasesSection({ course: { updates } }: TrainingRun): Section | null {
  const phases = [...new Set(updates.map(({ phase }) => phase))].filter((phase) => phase !== undefined);
  if (phases.length < 2) return null;
  const rows = phases.map((phase): Content[] => {
    const own = updates.filter((update) => update.phase === phase);
    const [first, last] = [own[0]!, own.at(-1)!];
    return [
      phase,
      `${shortFigure(first.step)}–${shortFigure(last.step)}`,
      ...([first, last] as const).flatMap(({ mlmLoss, nspLoss }) => [dataOf(mlmLoss), dataOf(nspLoss)]),
    ];
  });
  return {
    id: "phases",
    title: "Phases",
    content: table({
      caption: "The first and the last line of the log in each phase",
      head: [
        "phase",
        "updates",
        "masked words, first",
        "next sentence, first",
        "masked words, last",
        "next sentence, last",
      ],
      rows,
      textColumns: [0, 1],
    }),
  };
}
