import type { RowSource } from "../../data/readers/rows.js";
import { readRegressionExamples } from "../../data/regression-rows.js";
import { regressionMetrics } from "../../metrics/regression.js";
import type { BertConfig } from "../../models/bert-config.js";
import type { BertInput } from "../../models/bert-input.js";
import type { BertForSequenceClassification } from "../../models/sequence-classification.js";
import { mseLoss } from "../../nn/functional.js";
import { tensor } from "../../tensor/create.js";
import type { Tensor } from "../../tensor/tensor.js";
import { labelFields } from "../checkpoint.js";
import type { ModelParts, ReadOptions } from "../fine-tuning/task-model.js";
import { readEncoded, type SequenceExamples, withTargets } from "../sequence/examples.js";
import { worstMistakes } from "../sequence/mistakes.js";
import { SequenceModel } from "../sequence/model.js";
import type { RegressionFigures, RegressionPrediction } from "./prediction.js";

/** The one output's name, as transformers has it. */
export const REGRESSION_OUTPUT = ["LABEL_0"];

/** A model that gives texts, or pairs of texts, a number each. Targets are those numbers, as they are. */
export class RegressionModel extends SequenceModel<number, RegressionFigures, RegressionPrediction> {
  readonly problemType = "regression";
  readonly metrics = ["pearson", "spearman", "meanSquaredError", "loss"];

  constructor(parts: ModelParts<BertForSequenceClassification>) {
    super(parts, []);
  }

  async read(source: RowSource, options: ReadOptions): Promise<SequenceExamples<number>> {
    const encoded = await readEncoded(readRegressionExamples, source, this, options);
    return withTargets(encoded, encoded.labels, this);
  }

  protected lossSum(logits: Tensor, targets: readonly number[]): Tensor {
    const scores = tensor(Float32Array.from(targets), { device: this.compute.device });
    return mseLoss(logits.squeeze(-1), scores, "sum");
  }

  /** Scores, [B, 1]. */
  protected output(input: BertInput): Tensor {
    return this.network.forward(input).to("float32");
  }

  protected figures(outputs: readonly Float32Array[], examples: SequenceExamples<number>): RegressionFigures {
    const { targets } = examples;
    const predicted = outputs.map((output) => output[0]!);
    const metrics = regressionMetrics(predicted, targets);
    const losses = predicted.map((score, row) => (score - targets[row]!) ** 2);
    const answersOf = (row: number) => ({ expected: targets[row]!, predicted: predicted[row]! });
    return {
      ...metrics,
      loss: metrics.meanSquaredError,
      report: { worstMistakes: worstMistakes(examples, losses, answersOf) },
    };
  }

  protected predictionOf(output: Float32Array): RegressionPrediction {
    return { score: output[0]! };
  }

  protected override configFields(): Partial<BertConfig> {
    return { ...super.configFields(), ...labelFields(REGRESSION_OUTPUT) };
  }
}
