import type { FineTuneEvent, SeedSummary } from "../fine-tuning/events.js";
import { fineTuneComplete } from "../session/fine-tune.js";
import type { Model } from "../session/model.js";
import type { FineTuneOptions } from "../session/option-types.js";
import { alignedColumns, figure, figureTable } from "../text-format.js";
import { afterInterrupt } from "./interrupt.js";
import { printLabelReport } from "./label-report.js";
import { printNextSteps, stepsWithModel } from "./next-steps.js";
import { notice } from "./notice.js";
import { ownRank } from "./progress/rank-log.js";
import { trainingProgress } from "./progress/training-progress.js";
import type { CommandContext } from "./schema-command.js";

/**
 * Fine-tunes with a bar of its progress, and prints what that came to.
 *
 * @param furtherFigures of the trained model, by what they are of. Default: none
 */
export async function trainAndReport(
  options: FineTuneOptions,
  { json, signal }: CommandContext,
  furtherFigures: (model: Model) => Promise<Record<string, object>> = async () => ({}),
): Promise<void> {
  if (options.outputDir === undefined) notice("without --output-dir, nothing will be saved");
  const progress = trainingProgress(options.outputDir);
  signal.addEventListener("abort", progress.stop);
  let isKept = false;
  const onProgress = (event: FineTuneEvent) => {
    isKept ||= event.type === "snapshot" || (event.type === "start" && event.firstStep > 0);
    progress.onProgress(event);
  };
  try {
    await using model = await fineTuneComplete({ ...options, signal, onProgress });
    progress.stop(); // the bar would overwrite what is printed
    const { history: _, metrics, ...course } = model.training!;
    if (ownRank() > 0) return;
    const outputDir = options.outputDir ?? null;
    const further = await furtherFigures(model);
    if (json) return console.log(JSON.stringify({ metrics, ...further, ...course, outputDir }));
    console.log(figureTable({ ...metrics, ...course, outputDir: outputDir ?? "none" }));
    if (metrics) printLabelReport(model.task, metrics);
    for (const [set, figures] of Object.entries(further)) console.log(`\n${set}\n${figureTable(figures)}`);
    if (course.seeds) console.log(seedTable(course.seeds));
    if (outputDir !== null) printNextSteps(stepsWithModel(outputDir, model.task));
  } catch (error) {
    if (!isKept) throw error;
    throw afterInterrupt(error, `--resume --output-dir ${options.outputDir} goes on from the last snapshot`);
  } finally {
    progress.stop();
  }
}

/** The spread of every figure over the seeds. */
function seedTable({ runs, spread }: SeedSummary): string {
  const rows = Object.entries(spread).map(([name, { mean, deviation }]) => [
    name,
    `${figure(mean)} ± ${figure(deviation ?? 0)}`,
  ]);
  const seeds = runs.map(({ seed }) => seed).join(", ");
  return `Over seeds ${seeds}, mean and standard deviation:\n${alignedColumns(rows)}`;
}
