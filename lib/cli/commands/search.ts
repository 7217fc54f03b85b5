import { join } from "node:path";
import type { Command } from "commander";
import { z } from "zod";
import { areDistinct } from "../../arrays.js";
import { optionMeta } from "../../options/option.js";
import { extendUnion } from "../../options/schema.js";
import { trialLine } from "../../search/event-lines.js";
import type { SearchEvent } from "../../search/events.js";
import { PAPER_GRID, searchOptions } from "../../search/search-options.js";
import { trialTable } from "../../search/trials.js";
import type { SearchOptions } from "../../session/option-types.js";
import { search } from "../../session/search.js";
import { numberText } from "../../text-format.js";
import { afterInterrupt } from "../interrupt.js";
import { readJsonObject } from "../json-file.js";
import { printNextSteps, stepsWithModel } from "../next-steps.js";
import { trainingProgress } from "../progress/training-progress.js";
import { type CommandContext, schemaCommand } from "../schema-command.js";

/** The grid's options take several values; the other ones are fine-tune's. */
const gridOptions = z.strictObject({
  batchSize: z
    .array(z.int().positive())
    .min(1)
    .refine(areDistinct, "distinct values")
    .optional()
    .describe("rows per update, to try")
    .register(optionMeta, { defaultText: PAPER_GRID.batchSize.join(",") }),
  learningRate: z
    .array(z.number().positive())
    .min(1)
    .refine(areDistinct, "distinct values")
    .optional()
    .describe("highest learning rates to try")
    .register(optionMeta, { defaultText: PAPER_GRID.learningRate.map(numberText).join(",") }),
  epochs: z
    .array(z.number().positive())
    .min(1)
    .refine(areDistinct, "distinct values")
    .optional()
    .describe("passes over the training rows, to try")
    .register(optionMeta, { defaultText: `${PAPER_GRID.epochs.join(",")}, unless there is a budget` }),
});

const commandOptions = extendUnion(searchOptions, gridOptions.shape);

type Options = Omit<SearchOptions, keyof z.output<typeof gridOptions>> & z.output<typeof gridOptions>;

/** `libbert search` */
export function searchCommand(): Command {
  return schemaCommand("search", commandOptions, run, complete)
    .description(
      "fine-tune with every combination of batch sizes, learning rates and epochs, and keep the best model",
    )
    .option(
      "--grid <file>",
      'JSON file with values to try of any options, such as { "layerDecay": [0.9, 1] }',
    )
    .addHelpText(
      "after",
      "\nExamples:\n  libbert search --task classification --model bert-base --train train.tsv \\\n" +
        "    --validation dev.tsv --learning-rate 5e-5,3e-5 --rungs 1000,3000 --output-dir runs/search\n" +
        "  libbert search --task classification --model bert-base --train train.tsv --validation dev.tsv \\\n" +
        "    --budget 3h --output-dir runs/search",
    );
}

/** What the file gives are further values to try, or others for the three that have some. */
function complete(given: Record<string, unknown>, { grid }: { grid?: unknown }): Record<string, unknown> {
  return { ...given, grid: grid === undefined ? {} : readJsonObject(String(grid), "grid") };
}

/** What is not given is the paper's; with a budget, what is given is the whole grid, and else it chooses. */
function gridOf(own: Record<string, unknown>, { budget }: { budget?: string }) {
  const given = Object.fromEntries(Object.entries(own).filter(([, values]) => values !== undefined));
  if (budget === undefined) return { ...PAPER_GRID, ...given };
  return Object.keys(given).length > 0 ? given : undefined;
}

async function run(
  { batchSize, learningRate, epochs, grid, ...options }: Options,
  { json, signal }: CommandContext,
): Promise<void> {
  const progress = trainingProgress();
  signal.addEventListener("abort", progress.stop);
  const onProgress = (event: SearchEvent) => {
    if (event.type !== "trial") return progress.onProgress(event);
    console.error(trialLine(event));
  };
  try {
    const own = { batchSize, learningRate, epochs, ...grid };
    const result = await search({ ...options, grid: gridOf(own, options), signal, onProgress } as Parameters<
      typeof search
    >[0]);
    progress.stop(); // the bar would overwrite what is printed
    if (json) return console.log(JSON.stringify(result));
    console.log(trialTable(result.trials, result.metric));
    printNextSteps(stepsWithModel(join(options.outputDir, "best"), options.task));
  } catch (error) {
    throw afterInterrupt(error, "the same command goes on with the trial that it was in");
  } finally {
    progress.stop();
  }
}
