import type { ModelCalibration } from "../../calibration/model-calibration.js";
import type { CalibrationChoices } from "../../calibration/options.js";
import type { RowInput } from "../../data/readers/rows.js";
import type { Explanation } from "../../explanation/explanation.js";
import type { ExplainSettings } from "../../explanation/options.js";
import type { SequenceHead } from "../../models/heads/sequence-head.js";
import type { ConfigJson } from "../../models/model-config.js";
import type { TensorData } from "../../tensor/dtype.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { TextInput } from "../../tokenizer/text-input.js";
import type { WeightedClasses } from "../class-loss.js";
import type { Evaluation } from "../evaluation.js";
import type { HeadModel, HeadTypes, ReadOptions, TaskBatch, TaskHead } from "../head.js";
import type { SequenceExamples } from "./examples.js";
import type { TextConfig } from "./long-texts.js";
import type { ProblemType } from "./problem-type.js";
import type { Truncatable } from "./truncated.js";

/** Labelled sequences as a model trains on them: B rows, of which N have a label. */
export interface SequenceBatch extends TaskBatch, WeightedClasses {
  /** What is right for each row that has a label, one after the other. */
  targets: TensorData; // [N], or [N labels]
  /** The rows that have one, where not all do. */
  labelled?: Int32Array; // [N]
  /** What a teacher says of each. */
  answers?: Float32Array; // [B labels]
  /** How many sequences each row has: the windows of a long text. */
  windows: readonly number[];
}

/** What an evaluation says of the rows themselves. */
export interface TextEvaluation extends Evaluation {
  /** Rows that lost tokens, and rows without any text. */
  truncatedTexts: number;
  /** Rows without any text. */
  emptyTexts: number;
}

/** The types of a task about whole texts. */
export interface TextTypes<Target> extends HeadTypes {
  rows: SequenceExamples<Target | null>;
  config: TextConfig;
  batch: SequenceBatch;
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
  /** What is right for some rows as a batch has it. */
  targetArray(targets: readonly Target[]): Types["batch"]["targets"];
  /** How many losses the rows of a batch count that have a label. Default: their number */
  count?(model: HeadModel<Types>, targets: Types["batch"]["targets"]): number;
  /** Losses of all sequences together: each one's mean over its outputs. Shape []. */
  lossSum(
    model: HeadModel<Types>,
    logits: Tensor /* [N, labels], float32 */,
    targets: Tensor,
    classWeights?: Tensor,
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
