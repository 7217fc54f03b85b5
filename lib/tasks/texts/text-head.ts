import { isDeepStrictEqual } from "node:util";
import type { ModelCalibration } from "../../calibration/model-calibration.js";
import type { CalibrationChoices } from "../../calibration/options.js";
import { labelFields, storedLabels } from "../../checkpoint/labels.js";
import { storedHead } from "../../checkpoint/stored-head.js";
import { dataError } from "../../data/data-error.js";
import type { RowInput } from "../../data/readers/rows.js";
import type { Explanation } from "../../explanation/explanation.js";
import type { ExplainSettings } from "../../explanation/options.js";
import { SequenceHead } from "../../models/heads/sequence-head.js";
import type { ConfigJson } from "../../models/model-config.js";
import { packSequences } from "../../models/packing.js";
import { tensor } from "../../tensor/create.js";
import { scope } from "../../tensor/scope.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { Counts } from "../../train/training.js";
import type { Evaluation } from "../evaluation.js";
import type { HeadModel, HeadTypes, ReadOptions, TaskBatch, TaskHead } from "../head.js";
import { encodeTexts } from "./encoded-examples.js";
import { type ReadTexts, type SequenceExamples, sequencesOf } from "./examples.js";
import { refuseWord, sequenceOutput } from "./explain-output.js";
import { longTextFields, type TextConfig, windowNumbers } from "./long-texts.js";
import { pooledOutputs } from "./pooled-outputs.js";
import { type ProblemType, problemTypeOf } from "./problem-type.js";
import type { TextInput } from "./text-input.js";
import { type Truncatable, truncatedField } from "./truncated.js";

/** Labelled sequences as a model trains on them. */
export interface SequenceBatch<Target> extends TaskBatch {
  /** What is right for each sequence; null where that is not known. */
  targets: readonly (Target | null)[];
  /** What a teacher says of each. */
  answers?: readonly Float32Array[];
  /** How many sequences each row has: the windows of a long text. */
  windows: readonly number[];
}

/** What an evaluation says of the rows themselves. */
export interface TextEvaluation extends Evaluation {
  /** Rows that lost tokens, and rows without any text. */
  truncatedTexts: number;
  emptyTexts: number;
}

/** The types of a task about whole texts. */
export interface TextTypes<Target> extends HeadTypes {
  rows: SequenceExamples<Target | null>;
  config: TextConfig;
  batch: SequenceBatch<Target>;
  layers: SequenceHead;
  input: TextInput;
  prediction: object & Truncatable;
  predictOptions: { raw?: boolean };
  evaluation: TextEvaluation;
}

/** What one task about whole texts has of its own. */
export interface TextTask<Target, Types extends TextTypes<Target>>
  extends Pick<TaskHead<Types>, "spec" | "prepare" | "stored" | "adopt"> {
  readonly problemType: ProblemType;
  /** The names of the outputs, as `config.json` has them. */
  outputLabels(config: Types["config"]): readonly string[];
  /** What `config.json` keeps beside them. */
  ownFields?(config: Types["config"]): ConfigJson;
  metrics?: TaskHead<Types>["metrics"];
  read(model: HeadModel<Types>, source: RowInput, options: ReadOptions): Promise<SequenceExamples<Target>>;
  /** How many losses some rows count. Default: their number */
  count?(model: HeadModel<Types>, targets: readonly Target[]): number;
  /** Losses of all sequences together: each one's mean over its outputs. Shape []. */
  lossSum(
    model: HeadModel<Types>,
    logits: Tensor /* [B, labels], float32 */,
    targets: readonly Target[],
  ): Tensor;
  /** The same of a teacher's outputs, before `outputOf`: of logits that only the order within a row has a meaning. */
  taughtLossSum(model: HeadModel<Types>, logits: Tensor, answers: Tensor /* [B, labels], float32 */): Tensor;
  /** What figures and predictions are made of: [B, labels]. Default: the logits */
  outputOf?(logits: Tensor /* [B, labels], float32 */): Tensor;
  figures(
    config: Types["config"],
    outputs: readonly Float32Array[],
    examples: SequenceExamples<Target>,
    calibration: ModelCalibration | null,
  ): Omit<Types["evaluation"], keyof TextEvaluation> & Pick<Evaluation, "report">;
  predictionOf(
    config: Types["config"],
    output: Float32Array,
    calibration: ModelCalibration | null,
  ): Types["prediction"];
  /** The output to explain, and what it is of. @param output of the input @throws ERR_OPTION for another target */
  explained(
    config: Types["config"],
    output: Float32Array,
    target: ExplainSettings["target"],
  ): { id: number; target: Explanation["target"] };
  /** @throws ERR_DATA as `TaskHead.calibrate` */
  calibrationOf(
    outputs: readonly Float32Array[],
    targets: readonly Target[],
    choices: CalibrationChoices,
  ): ModelCalibration;
}

/** The share of a batch in the loss of an update: of labels, of a teacher's answers, or of both (Hinton et al., 2015). */
function lossOf<Target, Types extends TextTypes<Target>>(
  task: TextTask<Target, Types>,
  model: HeadModel<Types>,
  { logits, targets, answers }: SequenceBatch<Target> & { logits: Tensor },
  totals: Counts,
): Tensor {
  const { teacherWeight = 0 } = model.choices;
  const parts: Tensor[] = [];
  const labelled = Array.from(targets.keys()).filter((row) => targets[row] !== null);
  if (labelled.length > 0) {
    const known = labelled.map((row) => targets[row] as Target);
    const sum = task.lossSum(model, rowsOf(logits, labelled), known);
    parts.push(sum.div(totals.rows!).mul(1 - teacherWeight));
  }
  if (answers) {
    const { device } = logits;
    const taught = tensor(Float32Array.from(answers.flatMap((answer) => [...answer])), {
      shape: logits.shape,
      device,
    });
    parts.push(task.taughtLossSum(model, logits, taught).div(totals.answers!).mul(teacherWeight));
  }
  return parts.reduce((sum, part) => sum.add(part));
}

function rowsOf(logits: Tensor, rows: readonly number[]): Tensor {
  if (rows.length === logits.shape[0]) return logits;
  return logits.indexSelect(0, tensor(rows, { dtype: "int64", device: logits.device }));
}

/** The head of a task about whole texts, or pairs of texts (paper, figure 4 a and b): what all such tasks share. */
export function textHead<Target, Types extends TextTypes<Target>>(
  task: TextTask<Target, Types>,
): TaskHead<Types> {
  const { spec, problemType } = task;
  return {
    spec,
    kind: "sequence-classification",
    prepare: (preparation) => task.prepare(preparation),
    stored: (checkpoint, maxSeqLength) => task.stored(checkpoint, maxSeqLength),
    metrics: (config) => task.metrics?.(config) ?? Object.keys(spec.metrics),
    adopt: (config, evaluation) => task.adopt?.(config, evaluation) ?? config,
    layers: ({ family, encoder }, config) =>
      new SequenceHead(encoder, family.pooler, task.outputLabels(config).length),
    fields: (config) => ({
      ...labelFields(task.outputLabels(config)),
      problem_type: problemType,
      label_thresholds: undefined, // those of a checkpoint that it was trained from
      ...longTextFields(config.longTexts),
      ...task.ownFields?.(config),
    }),
    continues: (checkpoint, config) =>
      problemTypeOf(storedHead(checkpoint), checkpoint) === problemType &&
      isDeepStrictEqual(storedLabels(checkpoint), task.outputLabels(config)),

    read: (model, source, options) => task.read(model, source, options),
    batch(_, examples, items, { numbers }) {
      const { sequences, windows } = sequencesOf(examples, items);
      const { targets, answers } = examples;
      return {
        packed: packSequences(
          sequences,
          numbers.flatMap((number, row) => windowNumbers(number, windows[row]!)),
        ),
        targets: items.map((item) => targets[item]!),
        ...(answers && { answers: items.map((item) => answers[item]!) }),
        windows,
      };
    },
    counts(model, { targets, answers }): Counts {
      const known = targets.filter((target) => target !== null);
      const rows = task.count?.(model, known) ?? known.length;
      return { rows, ...(answers && { answers: answers.length }) };
    },
    loss(model, batch, totals) {
      const { encoded, input } = model.encode(batch.packed);
      const outputs = model.network.head.forward(encoded, input).to("float32");
      const logits = pooledOutputs(outputs, batch.windows, model.config.longTexts);
      return lossOf(task, model, { ...batch, logits }, totals);
    },

    rowsPer: () => "sequence",
    /** Of a model that reads long texts in windows, the logits of one: what is made of them waits for the others. */
    output(model, encoded, input) {
      const logits = model.network.head.forward(encoded, input).to("float32");
      return model.config.longTexts ? logits : (task.outputOf?.(logits) ?? logits);
    },
    async evaluate(model, examples, signal) {
      const outputs = await rowOutputs(task, model, examples, signal);
      const { rows, truncatedTexts, emptyTexts } = examples;
      const labelled = examples as SequenceExamples<Target>; // as every row is that is evaluated
      const figures = task.figures(model.config, outputs, labelled, model.calibration);
      return { ...figures, rows, truncatedTexts, emptyTexts } as Types["evaluation"];
    },
    async calibrate(model, examples, choices, signal) {
      const known = examples.targets as readonly Target[]; // likewise
      return task.calibrationOf(await rowOutputs(task, model, examples, signal), known, choices);
    },
    async explain(model, input, { target, word }, signal) {
      refuseWord(word, spec.name);
      const { tokenizer, maxSeqLength, config } = model;
      const [encoding] = await tokenizer.encodeBatchAligned([input], { maxLength: maxSeqLength });
      if (config.longTexts && encoding!.truncated)
        throw dataError("input 1", `a text of at most ${maxSeqLength} tokens, one window,`, "a longer one");
      const [output] = await model.infer([encoding!], signal);
      const { id, ...explained } = task.explained(config, output!, target);
      const texts: readonly string[] = typeof input === "string" ? [input] : input;
      return { encoding: encoding!, texts, ...explained, output: sequenceOutput(model, id) };
    },
    /** Longer texts than `maxSeqLength` tokens are cut, and their predictions say so, unless they are read in windows. */
    async predict(model, inputs, { raw }, signal) {
      const read = await readInputs(model, inputs);
      const outputs = await rowOutputs(task, model, read, signal);
      const calibration = raw ? null : model.calibration;
      return outputs.map((output, index) => ({
        ...task.predictionOf(model.config, output, calibration),
        ...truncatedField(...sequencesOf(read, [index]).sequences),
      }));
    },
    outputs: async (model, inputs, signal) =>
      rowOutputs(task, model, await readInputs(model, inputs), signal),
  };
}

/** What a model reads of texts without labels. */
async function readInputs<Target, Types extends TextTypes<Target>>(
  { tokenizer, maxSeqLength: maxLength, config: { longTexts } }: HeadModel<Types>,
  inputs: readonly TextInput[],
): Promise<ReadTexts> {
  const windows = await encodeTexts(tokenizer, inputs, { maxLength, longTexts });
  if (longTexts === null) return { encodings: windows.flat() };
  const windowStarts = [0];
  for (const { length } of windows) windowStarts.push(windowStarts.at(-1)! + length);
  return { encodings: windows.flat(), windowStarts };
}

/** What figures and predictions are made of: one output a row. */
async function rowOutputs<Target, Types extends TextTypes<Target>>(
  { outputOf }: TextTask<Target, Types>,
  model: HeadModel<Types>,
  { encodings, windowStarts }: ReadTexts,
  signal?: AbortSignal,
): Promise<Float32Array[]> {
  const outputs = await model.infer(encodings, signal);
  if (windowStarts === undefined || outputs.length === 0) return outputs;
  const labels = outputs[0]!.length;
  const windows = windowStarts.slice(1).map((end, row) => end - windowStarts[row]!);
  const values = scope(() => {
    const flat = Float32Array.from(outputs.flatMap((output) => [...output]));
    const logits = tensor(flat, { shape: [outputs.length, labels] });
    const pooled = pooledOutputs(logits, windows, model.config.longTexts);
    return Float32Array.from((outputOf?.(pooled) ?? pooled).toArray());
  });
  return windows.map((_, row) => values.subarray(row * labels, (row + 1) * labels));
}
