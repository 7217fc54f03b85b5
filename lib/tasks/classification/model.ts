import { readClassificationExamples } from "../../data/classification-rows.js";
import { labelIds } from "../../data/labels.js";
import type { RowSource } from "../../data/readers/rows.js";
import { classificationMetrics, confusionMatrix } from "../../metrics/classification.js";
import type { BertInput } from "../../models/bert-input.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { Counts } from "../../train/train.js";
import type { ReadOptions } from "../fine-tuning/task-model.js";
import { readEncoded, type SequenceExamples, withTargets } from "../sequence/examples.js";
import { type SequenceBatch, SequenceModel } from "../sequence/model.js";
import type { ClassificationFigures, Prediction } from "./prediction.js";
import { classificationReport } from "./report.js";

/** A classifier of texts, or of pairs of texts, with one label each. Targets are class numbers. */
export class ClassificationModel extends SequenceModel<number, ClassificationFigures, Prediction> {
  readonly problemType = "single_label_classification";

  /** F1 of class 1 is there for two labels alone. */
  get metrics(): string[] {
    const f1 = this.labels.length === 2 ? ["f1"] : [];
    return ["accuracy", ...f1, "macroF1", "matthewsCorrelation", "loss"];
  }

  async read(source: RowSource, options: ReadOptions): Promise<SequenceExamples<number>> {
    const encoded = await readEncoded(readClassificationExamples, source, this, options);
    return withTargets(encoded, labelIds(encoded, this.labels), this);
  }

  override counts({ targets }: SequenceBatch<number>): Counts {
    return { rows: this.classCount(targets) };
  }

  protected lossSum(logits: Tensor, targets: readonly number[]): Tensor {
    return this.classLossSum(logits, targets);
  }

  /** Log-probabilities, [B, labels]. */
  protected output(input: BertInput): Tensor {
    return this.network.forward(input).to("float32").logSoftmax(-1);
  }

  protected figures(
    outputs: readonly Float32Array[],
    examples: SequenceExamples<number>,
  ): ClassificationFigures {
    const { targets } = examples;
    const predicted = outputs.map(indexOfLargest);
    const confidences = outputs.map((output, row) => Math.exp(output[predicted[row]!]!));
    const losses = outputs.map((output, row) => -output[targets[row]!]!);
    const matrix = confusionMatrix(predicted, targets, this.labels.length);
    return {
      ...classificationMetrics(matrix),
      loss: losses.reduce((sum, loss) => sum + loss, 0) / losses.length,
      report: classificationReport(matrix, this.labels, { examples, predicted, confidences, losses }),
    };
  }

  protected predictionOf(output: Float32Array): Prediction {
    const best = indexOfLargest(output);
    const scores = Object.fromEntries(this.labels.map((label, id) => [label, Math.exp(output[id]!)]));
    const label = this.labels[best]!;
    return { label, score: scores[label]!, scores };
  }
}

function indexOfLargest(values: Float32Array): number {
  return values.reduce((best, value, index) => (value > values[best]! ? index : best), 0);
}
