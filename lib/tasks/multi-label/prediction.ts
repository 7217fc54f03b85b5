import type { ClassScores } from "../../metrics/classification.js";
import type { Mistake } from "../texts/mistakes.js";
import type { TextEvaluation } from "../texts/text-task.js";
import type { Truncatable } from "../texts/truncated.js";
import type { MultiLabelMetrics } from "./metrics.js";

/** The predicted labels of a text. */
export interface MultiLabelPrediction extends Truncatable {
  /** Those whose probability reaches their threshold, in class order; there may be none. */
  labels: string[];
  /** Probability of every label. */
  scores: Record<string, number>;
}

/** Metrics of a multi-label classifier on labelled rows. */
export interface MultiLabelEvaluation extends MultiLabelFigures, TextEvaluation {
  /** The figures of each label, and the worst mistakes. */
  report: MultiLabelReport;
}

/** Metrics of a multi-label classifier, without what is said of the rows. */
export interface MultiLabelFigures extends MultiLabelMetrics {
  /** Mean binary cross entropy over rows and labels. */
  loss: number;
  /** The figures of each label, and the worst mistakes. */
  report: MultiLabelReport;
}

/** What a multi-label classifier does well and what it does not. */
export interface MultiLabelReport {
  /** Scores of each label, in class order. */
  labels: ({
    /** Its name, as the training rows have it. */
    label: string;
    /** From which probability on it counted as predicted: 0.5, unless thresholds were tuned. */
    threshold: number;
  } & ClassScores)[];
  /** Rows with a wrong label, or without a right one, that have the highest losses. */
  worstMistakes: Mistake<string[]>[];
}
