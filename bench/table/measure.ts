import { median } from "../median.js";
import type { AbsentProgram, Figures, Outcome, Program, Quantity } from "./workload.js";

/**
 * Runs the programs in turn, so that a machine that slows down slows all.
 *
 * @param report hears of every single run
 * @returns in the same order the medians of each one's runs, or why it has none; what failed once is not run again
 */
export async function measureInTurn(
  programs: readonly (Program | AbsentProgram)[],
  repeats: number,
  report: (line: string) => void,
): Promise<Outcome[]> {
  const runs = programs.map((): Outcome[] => []);
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (const [index, program] of programs.entries()) {
      const last = runs[index]!.at(-1);
      if (last === undefined || "figures" in last) runs[index]!.push(await outcomeOf(program, report));
    }
  }
  return runs.map(summary);
}

function summary(runs: readonly Outcome[]): Outcome {
  const figures = runs.flatMap((outcome) => ("figures" in outcome ? [outcome.figures] : []));
  return figures.length === runs.length ? { figures: medians(figures) } : runs.at(-1)!;
}

async function outcomeOf(program: Program | AbsentProgram, report: (line: string) => void): Promise<Outcome> {
  if ("without" in program) return program;
  const name = `${program.name}, ${program.dtype}`;
  try {
    const figures = await program.measure();
    report(`${name}: ${JSON.stringify(figures)}`);
    return { figures };
  } catch (failure) {
    report(`${name}: ${failure}`);
    return { failure };
  }
}

function medians(runs: readonly Figures[]): Figures {
  const quantities = Object.keys(runs[0]!) as Quantity[];
  return Object.fromEntries(
    quantities.map((quantity) => [quantity, median(runs.map((figures) => figures[quantity]!))]),
  );
}
