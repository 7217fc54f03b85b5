import { z } from "zod";
import type { NewLabels } from "../checkpoint/labels.js";
import { expected } from "../errors.js";
import { requirePath } from "../files/require-path.js";
import type { DatasetOptions } from "../hub/pull-dataset.js";
import { signalOption } from "../options/call-options.js";
import { datasetOptions } from "../options/hub-options.js";
import { newLabelsOption } from "../options/label-options.js";
import { parseOptions } from "../options/parse-options.js";
import { areFiles, isRowSource, pathsOf, type RowSource } from "../options/row-options.js";
import { checkLabelsOption, columnOptionsOf, specOf, type TaskName } from "../tasks/find-spec.js";
import type { ToWire } from "./compute-session.js";
import { foundRows } from "./found-rows.js";
import type { FineTuneOptionsByTask } from "./option-types.js";
import type { Requests } from "./protocol.js";

/** The names of columns that the rows of a task have, as `fineTune()` takes them. */
export type ColumnsOf<Task extends TaskName> = Task extends TaskName
  ? "columns" extends keyof FineTuneOptionsByTask[Task]
    ? FineTuneOptionsByTask[Task]["columns"]
    : undefined
  : never;

/** How a call reads a model's labelled rows. */
export type LabelledRowsOptions<Task extends TaskName> = {
  /** Names of the rows' columns, for tasks that have them. Default: as of `fineTune()` */
  columns?: ColumnsOf<Task>;
  /** Names of all columns, in order, of a table without a header line. Default: the first line names them */
  columnNames?: readonly string[];
  /** What the rows call the model's labels: all in class order, or some by the model's own names. Default: the same */
  labels?: NewLabels;
  /** Stops the call, which rejects with the signal's reason. */
  signal?: AbortSignal;
} & DatasetOptions;

/**
 * Checks what a call with labelled rows was given.
 *
 * @param own the options that it has beside those of rows
 * @returns those of its own, and what makes the arguments of a request
 * @throws LibbertError ERR_OPTION
 */
export function labelledRowsCall<Own extends z.ZodRawShape>(
  task: TaskName,
  source: RowSource,
  options: LabelledRowsOptions<TaskName>,
  own: Own,
) {
  const ofRows = { ...columnOptionsOf(specOf(task)), labels: newLabelsOption, ...datasetOptions };
  const call = z.strictObject({ ...ofRows, ...own, signal: signalOption });
  const { columns, columnNames, labels, signal, token, cacheDir, localFilesOnly, ...settings } = parseOptions(
    call,
    options,
  ) as LabelledRowsOptions<TaskName> & z.output<z.ZodObject<Own>>;
  checkLabelsOption(task, labels);
  if (!isRowSource(source)) throw expected("files' paths or an iterable of rows", "source", source);
  if (areFiles(source)) for (const path of pathsOf(source)) requirePath(path, "a file", "source");
  const hub = { token, cacheDir, localFilesOnly };
  const toArguments = async (toWire: ToWire): Promise<Requests["evaluate"]["arguments"]> => {
    const rows = await foundRows(source, { option: "source", hub, call: { signal } });
    return { source: toWire(rows, "source"), columns, columnNames, labels };
  };
  return { settings: settings as unknown as z.output<z.ZodObject<Own>>, signal, toArguments };
}
