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
import { checkBesideBudget } from "../../session/search-budget.js";
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

/**
 * The options of the call. Where the flags give no values, the paper's are tried; with a budget, a single value is one that all trials
 * have, several are the grid, and without those the budget chooses.
 */
function callOf({ batchSize, learningRate, epochs, grid, ...options }: Options): object {
  const own = Object.entries({ batchSize, learningRate, epochs });
  const flags = own.flatMap(([name, values]) => (values === undefined ? [] : [{ name, values }]));
  const gridOf = (some: typeof flags) => Object.fromEntries(some.map(({ name, values }) => [name, values]));
  if (options.budget === undefined) return { ...options, grid: { ...PAPER_GRID, ...gridOf(flags), ...grid } };
  checkBesideBudget({ epochs, rungs: options.rungs, grid });
  const single = flags.filter(({ values }) => values.length === 1);
  const several = { ...gridOf(flags.filter(({ values }) => values.length > 1)), ...grid };
  return {
    ...options,
    ...Object.fromEntries(single.map(({ name, values: [value] }) => [name, value])),
    ...(Object.keys(several).length > 0 && { grid: several }),
  };
}

async function run(options: Options, { json, signal }: CommandContext): Promise<void> {
  const progress = trainingProgress();
  signal.addEventListener("abort", progress.stop);
  const onProgress = (event: SearchEvent) => {
    if (event.type !== "trial") return progress.onProgress(event);
    console.error(trialLine(event));
  };
  try {
    const call = { ...callOf(options), signal, onProgress };
    const result = await search(call as Parameters<typeof search>[0]);
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
