import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { z } from "zod";
import { calibrationChoices } from "../../calibration/options.js";
import { calibrationLines } from "../../calibration/report-text.js";
import { expected, LibbertError } from "../../errors.js";
import { CALIBRATION } from "../../files/model-files.js";
import { MODEL } from "../../options/hub-options.js";
import { optionMeta } from "../../options/option.js";
import { pathField } from "../../options/path-option.js";
import { rowsOption } from "../../options/row-options.js";
import { foundRows } from "../../session/found-rows.js";
import { taskModelOptions } from "../../session/load-options.js";
import { columnOptionsOf, SPECS, specOf } from "../../tasks/find-spec.js";
import { requireOwn } from "../flags/errors.js";
import { mergedShape } from "../flags/merged-options.js";
import { loadFineTuned } from "../load-fine-tuned.js";
import { downloadProgress } from "../progress/download-progress.js";
import { type CommandContext, schemaCommand } from "../schema-command.js";

const ownFlags = z.strictObject({
  model: pathField().describe(`${MODEL}, fine-tuned`),
  validation: rowsOption("labelled rows that the model was not trained on"),
  ...calibrationChoices,
  outputDir: pathField()
    .optional()
    .describe("save the model here, with what was found, and leave the one that was given as it is")
    .register(optionMeta, { defaultText: `${CALIBRATION} is written into the model's folder` }),
  overwrite: z.boolean().default(false).describe("allow an output directory that holds files already"),
});

const calibrated = SPECS.filter(({ calibratedBy }) => calibratedBy);
const columnOptions = mergedShape(
  calibrated.map((spec) => ({ task: spec.name, shape: columnOptionsOf(spec) })),
);
const commandOptions = z.strictObject({
  ...ownFlags.shape,
  ...columnOptions,
  ...taskModelOptions.shape,
});

/** `libbert calibrate` */
export function calibrateCommand(): Command {
  return schemaCommand("calibrate", commandOptions, run)
    .description(
      "make a model's scores probabilities to be believed, by labelled rows; also mark predictions that are too uncertain " +
        "for a precision, or give sets that hold what is right with a coverage",
    )
    .addHelpText(
      "after",
      "\nExamples:\n  libbert calibrate --model runs/first --validation dev.tsv\n" +
        "  libbert calibrate --model runs/first --validation dev.tsv --precision 0.95 --coverage 0.9",
    );
}

async function run(
  options: z.output<typeof commandOptions>,
  { json, signal }: CommandContext,
): Promise<void> {
  const {
    model: name,
    validation,
    outputDir,
    overwrite,
    columns,
    columnNames,
    ...others
  } = options as Options;
  const { precision, coverage, sets, ...load } = others;
  if (outputDir === undefined && !existsSync(name))
    throw new LibbertError(
      "ERR_OPTION",
      "Expected --output-dir beside a model of the Hub: where to save it",
      {
        option: "outputDir",
      },
    );
  if (overwrite && outputDir === undefined)
    throw expected("no value without a directory to write to", "overwrite", overwrite);
  const rows = await foundRows(validation, {
    option: "validation",
    hub: load,
    call: { signal, onProgress: downloadProgress() },
  });
  await using model = await loadFineTuned(name, { ...load, signal }, { ignoreCalibration: true });
  const spec = specOf(model.task);
  requireOwn({ columns, columnNames }, columnOptionsOf(spec), spec.name);
  const found = await model.calibrate(rows, {
    ...{ precision, coverage, sets, signal, save: outputDir === undefined },
    ...(columns && { columns }),
    ...(columnNames && { columnNames }),
  });
  if (outputDir !== undefined) await model.save(outputDir, { overwrite });
  console.error(`Saved in ${outputDir ?? join(name, CALIBRATION)}`);
  console.log(json ? JSON.stringify(found) : calibrationLines(found));
}

/** For the compiler, which does not know what the tasks' columns are. */
type Options = z.output<typeof ownFlags> &
  z.output<typeof taskModelOptions> & { columns?: Record<string, string>; columnNames?: string[] };
