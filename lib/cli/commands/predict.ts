import { extname } from "node:path";
import type { Command } from "commander";
import { z } from "zod";
import { LibbertError } from "../../errors.js";
import type { Write } from "../../files/whole-file.js";
import { MODEL } from "../../options/hub-options.js";
import { optionMeta } from "../../options/option.js";
import { pathField } from "../../options/path-option.js";
import { type Files, filesOption, formatOption, pathsOf } from "../../options/row-options.js";
import { foundRows } from "../../session/found-rows.js";
import { taskModelOptions } from "../../session/load-options.js";
import type { Model } from "../../session/model.js";
import { SPECS, specOf } from "../../tasks/find-spec.js";
import type { PredictionFormat, TaskCommandLine, TaskSpec } from "../../tasks/spec.js";
import { counted } from "../../text-format.js";
import { checkInput } from "../check-input.js";
import { requireOwn } from "../flags/errors.js";
import { flagName } from "../flags/flags.js";
import { mergedShape } from "../flags/merged-options.js";
import { loadFineTuned } from "../load-fine-tuned.js";
import { notice } from "../notice.js";
import { writeOutput } from "../output.js";
import { downloadProgress } from "../progress/download-progress.js";
import { type CommandContext, schemaCommand } from "../schema-command.js";

const commandFlags = z.strictObject({
  model: pathField().describe(`${MODEL}, fine-tuned`),
  input: filesOption(
    "files of inputs, or patterns of them: .tsv, .csv, .jsonl or .parquet rows; .conll, .bio or .iob: words; .txt, or - " +
      "for standard input: one text a line; .json: questions in SQuAD's form; all but .parquet also .gz",
  ).optional(),
  format: formatOption,
  output: pathField()
    .optional()
    .describe("file to write to; .jsonl: as --json; .json: answers in SQuAD's form, by id")
    .register(optionMeta, { defaultText: "standard output" }),
  ...taskModelOptions.shape,
});

const { model: modelOption, ...others } = commandFlags.shape;
const taskOptions = mergedShape(SPECS.map((spec) => ({ task: spec.name, shape: shapeOf(spec) })));
const commandOptions = z.strictObject({ model: modelOption, ...taskOptions, ...others });

/** What a task says to predict for, and how. */
function shapeOf({ commandLine, predictOptions }: TaskSpec): z.ZodRawShape {
  return { ...commandLine.flags, ...predictOptions };
}

/** `libbert predict` */
export function predictCommand(): Command {
  return schemaCommand("predict", commandOptions, run)
    .description(
      "classify or score texts, find entities, answer questions, choose, or fill masks; a line for each input, or for " +
        "each entity (number of the input, label, score, start, end, text), with --json an object with all scores",
    )
    .addHelpText(
      "after",
      '\nExamples:\n  libbert predict --model runs/first --text "a gripping film"\n' +
        "  libbert predict --model runs/first --input reviews.csv --text-column body --json --output scores.jsonl\n" +
        '  libbert predict --model runs/entities --text "Anna moved to Paris"\n' +
        '  libbert predict --model runs/answers --question "Who?" --context "Ada wrote it."\n' +
        "  libbert predict --model runs/answers --input dev-v2.0.json --output predictions.json\n" +
        "  libbert predict --model runs/swag --input test.csv",
    );
}

async function run(
  options: z.output<typeof commandOptions>,
  { json, signal }: CommandContext,
): Promise<void> {
  const { model: directory, input: given, format, output, task, labels, ...others } = options as Options;
  const { revision, token, cacheDir, localFilesOnly, device, dtype, threads, ...flags } = others;
  const tasks = task === undefined ? SPECS : [specOf(task)];
  const hub = { token, cacheDir, localFilesOnly };
  const call = { signal, onProgress: downloadProgress() };
  const input = given && (await foundRows(given, { option: "input", hub, call }));
  checkInput(input, [...new Set(tasks.flatMap(({ commandLine }) => commandLine.extensions))], format);
  let rows = 0;
  await writeOutput(output, pathsOf(input ?? []), async (write) => {
    await using model = await loadFineTuned(directory, {
      ...{ task, labels, revision, ...hub },
      ...{ device, dtype, threads, signal },
    });
    const spec = specOf(model.task);
    requireOwn(flags, shapeOf(spec), spec.name);
    checkInput(input, spec.commandLine.extensions, format);
    const inputs = inputsFor(spec.commandLine, input, { ...flags, format });
    const settings = { ...settingsOf(spec, flags), signal };
    rows = await writePredictions(model, inputs, {
      settings,
      write,
      as: formatFor(spec.commandLine, output, json),
    });
  });
  if (output === undefined) return;
  console.error(`${counted(rows, "prediction")} written to ${output}`);
  if (json) console.log(JSON.stringify({ rows, output }));
}

/** @returns how many predictions there are */
async function writePredictions(
  model: Model,
  inputs: AsyncIterable<unknown[]> | unknown[][],
  { settings, write, as }: { settings: object; write: Write; as: PredictionFormat<unknown, unknown> },
): Promise<number> {
  const { start = "", line, end = "" } = as;
  let rows = 0;
  await write(start);
  for await (const some of inputs) {
    const predictions: unknown[] = await model.predict(some as Inputs, settings);
    await write(predictions.map((prediction, index) => line(some[index], prediction, rows + index)).join(""));
    rows += some.length;
  }
  await write(end);
  const message = as.notice?.();
  if (message !== undefined) notice(message);
  return rows;
}

/** For the compiler, which does not know what the tasks have. */
type Options = z.output<typeof commandFlags> & Record<string, unknown>;
type Inputs = Parameters<Model["predict"]>[0];
type CommandLine = TaskCommandLine<unknown, unknown>;
type Flags = Readonly<Record<string, unknown>>;

/** The one input that flags give, or those of the file. @throws ERR_OPTION unless there is exactly one of the two */
function inputsFor(commandLine: CommandLine, input: Files | undefined, flags: Flags) {
  const { given } = commandLine;
  const sources = given === null ? ["input"] : [given, "input"];
  const values: Flags = { ...flags, input };
  if (sources.filter((name) => values[name] !== undefined).length === 1)
    return input === undefined ? [[commandLine.inputOf(flags)]] : commandLine.inputsOf(input, flags);
  const names = sources.map((name) => flagName([name])).join(" or ");
  const which = sources.length > 1 ? `either ${names}` : names;
  throw new LibbertError("ERR_OPTION", `Expected ${which}: what to predict for`, { option: "input" });
}

/** Of the flags, those that `predict` takes beside the inputs. */
function settingsOf({ predictOptions }: TaskSpec, flags: Flags): Record<string, unknown> {
  return Object.fromEntries(Object.keys(predictOptions).map((name) => [name, flags[name]]));
}

function formatFor(
  { files, json, text }: CommandLine,
  output: string | undefined,
  asJson: boolean,
): PredictionFormat<unknown, unknown> {
  const extension = output === undefined ? "" : extname(output);
  const ownFormat = files?.[extension];
  if (ownFormat) return ownFormat();
  return asJson || extension === ".jsonl" ? json() : text();
}
