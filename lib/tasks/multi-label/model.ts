import { labelSets } from "../../data/labels.js";
import { readMultiLabelExamples } from "../../data/multi-label-rows.js";
import type { RowSource } from "../../data/readers/rows.js";
import { multiLabelMetrics } from "../../metrics/multi-label.js";
import { bestThresholds } from "../../metrics/thresholds.js";
import type { BertConfig } from "../../models/bert-config.js";
import type { BertInput } from "../../models/bert-input.js";
import type { BertForSequenceClassification } from "../../models/sequence-classification.js";
import { binaryCrossEntropy } from "../../nn/functional.js";
import { tensor } from "../../tensor/create.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { ModelParts, ReadOptions } from "../fine-tuning/task-model.js";
import { readEncoded, type SequenceExamples, withTargets } from "../sequence/examples.js";
import { SequenceModel } from "../sequence/model.js";
import type { MultiLabelEvaluation, MultiLabelFigures, MultiLabelPrediction } from "./prediction.js";
import { multiLabelReport } from "./report.js";

/** A classifier of texts, or of pairs of texts, with any number of labels each. A target has 1 or 0 for each label. */
export class MultiLabelModel extends SequenceModel<Uint8Array, MultiLabelFigures, MultiLabelPrediction> {
  readonly problemType = "multi_label_classification";
  readonly metrics = ["microF1", "macroF1", "subsetAccuracy", "loss"];

  /** @param thresholds from which probability on each label counts, in class order */
  constructor(
    parts: ModelParts<BertForSequenceClassification>,
    labels: readonly string[],
    private thresholds: readonly number[],
  ) {
    super(parts, labels);
  }

  async read(source: RowSource, options: ReadOptions): Promise<SequenceExamples<Uint8Array>> {
    const encoded = await readEncoded(readMultiLabelExamples, source, this, options);
    return withTargets(encoded, labelSets(encoded, this.labels), this);
  }

  protected lossSum(logits: Tensor, targets: readonly Uint8Array[]): Tensor {
    const shape = [targets.length, this.labels.length];
    const flat = Float32Array.from(targets.flatMap((target) => [...target]));
    const wanted = tensor(flat, { shape, device: this.compute.device });
    return binaryCrossEntropy(logits, wanted, "sum").div(this.labels.length);
  }

  /** Logits, [B, labels]. */
  protected output(input: BertInput): Tensor {
    return this.network.forward(input).to("float32");
  }

  protected figures(
    outputs: readonly Float32Array[],
    examples: SequenceExamples<Uint8Array>,
  ): MultiLabelFigures {
    const { targets, tunesThresholds } = examples;
    const probabilities = outputs.map((output) => Float64Array.from(output, sigmoid));
    const thresholds = tunesThresholds
      ? bestThresholds(probabilities, targets, this.labels.length)
      : this.thresholds;
    const predicted = probabilities.map((row) => decide(row, thresholds));
    const losses = outputs.map((output, row) => meanCrossEntropy(output, targets[row]!));
    return {
      ...multiLabelMetrics(predicted, targets, this.labels.length),
      loss: losses.reduce((sum, loss) => sum + loss, 0) / losses.length,
      report: multiLabelReport(this.labels, thresholds, { examples, predicted, losses }),
    };
  }

  override adopt({ report }: MultiLabelEvaluation): void {
    this.thresholds = report.labels.map(({ threshold }) => threshold);
  }

  protected predictionOf(output: Float32Array): MultiLabelPrediction {
    const probabilities = Float64Array.from(output, sigmoid);
    const decided = decide(probabilities, this.thresholds);
    return {
      labels: this.labels.filter((_, id) => decided[id]),
      scores: Object.fromEntries(this.labels.map((label, id) => [label, probabilities[id]!])),
    };
  }

  protected override configFields(): Partial<BertConfig> {
    const thresholds = this.labels.map((label, id) => [label, this.thresholds[id]!] as const);
    return { ...super.configFields(), label_thresholds: Object.fromEntries(thresholds) };
  }
}

function decide(probabilities: Float64Array, thresholds: readonly number[]): Uint8Array {
  return Uint8Array.from(probabilities, (probability, id) => Number(probability >= thresholds[id]!));
}

function meanCrossEntropy(logits: Float32Array, target: Uint8Array): number {
  const losses = logits.map(
    (logit, id) => Math.max(logit, 0) - logit * target[id]! + Math.log1p(Math.exp(-Math.abs(logit))),
  );
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}
