import { z } from "zod";
import type { RowInput } from "../data/readers/rows.js";
import { type FineTuneSettings, taskUnion } from "../fine-tuning/options.js";
import { MODEL } from "../options/hub-options.js";
import { optionMeta } from "../options/option.js";
import { pathField } from "../options/path-option.js";
import { rowsOption } from "../options/row-options.js";
import { specOf, type TaskName } from "../tasks/find-spec.js";

/** What `inspectData()` takes beside options of `fineTune()`. */
export const inspectionFields = {
  data: rowsOption("rows to look at, in files, patterns of files, or memory"),
  against: rowsOption(
    "other rows, such as those to evaluate on: which of them the data has, too, and which labels it lacks",
  ).optional(),
  model: pathField()
    .optional()
    .describe(`${MODEL}, whose tokens are counted`)
    .register(optionMeta, { isPath: true, defaultText: "lengths are in characters alone" }),
  similarity: z
    .number()
    .min(0.5)
    .max(1)
    .default(0.8)
    .describe(
      "from which share of common pairs of neighbouring words (Jaccard similarity, estimated) on two texts are nearly the same",
    ),
  findLabelErrors: z
    .boolean()
    .default(false)
    .describe(
      "train `folds` models, each on the rows of all folds but one, and find labels of `data` that look wrong to them; for classification, multi-label and token-classification, with a model",
    ),
  folds: z.int().min(2).max(100).default(5).describe("with findLabelErrors: models that are trained"),
  examples: z.int().min(0).default(10).describe("rows that are shown of each finding"),
};

/** Options of `fineTune()` that say how rows are read, what a model makes of them, and how those are trained that judge labels. */
const KEPT = [
  ...["task", "maxSeqLength", "seed", "revision", "token", "cacheDir", "localFilesOnly"],
  ...["epochs", "batchSize", "learningRate", "device", "dtype", "threads"],
];

/** Options of `inspectData()`: a union on `task`. */
export const inspectionOptions = taskUnion(({ shape }) => {
  const [task] = shape.task.def.values as TaskName[];
  const names = [...KEPT, ...specOf(task!).inspection.options];
  const kept = Object.entries(shape).filter(([name]) => names.includes(name));
  return z.strictObject({ ...Object.fromEntries(kept), ...inspectionFields });
});

/** Checked options. */
export type InspectionSettings = Pick<
  FineTuneSettings,
  "task" | "maxSeqLength" | "seed" | "epochs" | "batchSize" | "learningRate" | "device" | "dtype" | "threads"
> &
  z.output<z.ZodObject<typeof inspectionFields>> & {
    columns?: Readonly<Record<string, string | undefined>>;
    columnNames?: readonly string[];
    labels?: readonly string[];
    scheme?: string;
  };

/** The same with rows that can be read. */
export type InspectionRun = Omit<InspectionSettings, "data" | "against"> & {
  data: RowInput;
  against?: RowInput;
};
