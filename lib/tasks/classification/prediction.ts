import type { Doubt, DoubtFigures } from "../../calibration/doubt.js";
import type { Calibration } from "../../metrics/calibration.js";
import type { ClassificationMetrics, ClassScores, ConfusionMatrix } from "../../metrics/classification.js";
import type { Mistake } from "../texts/mistakes.js";
import type { TextEvaluation } from "../texts/text-task.js";
import type { Truncatable } from "../texts/truncated.js";

/** One predicted label. */
export interface ClassificationPrediction extends Truncatable, Pick<Doubt, "abstained"> {
  /** The likeliest label; see `abstained` for a model that may say none. */
  label: string;
  /** Probability of `label`. */
  score: number;
  /** Probability of every label. */
  scores: Record<string, number>;
  /** Of a model that was calibrated with a coverage: labels among which the right one is, the likeliest first. There may be none. */
  predictionSet?: string[];
}

/** Metrics of a classifier on labelled rows. */
export interface ClassificationEvaluation extends ClassificationFigures, TextEvaluation {
  /** The figures of each label, and the worst mistakes. */
  report: ClassificationReport;
}

/** Metrics of a classifier, without what is said of the rows. */
export interface ClassificationFigures extends ClassificationMetrics {
  /** Mean cross entropy. */
  loss: number;
  /** The figures of each label, and the worst mistakes. */
  report: ClassificationReport;
}

/** What a classifier does well and what it does not. */
export interface ClassificationReport extends DoubtFigures {
  /** Scores of each label, in class order. */
  labels: ({
    /** Its name, as the training rows have it. */
    label: string;
  } & ClassScores)[];
  /** Rows by true label (down) and predicted label (across), in the order of `labels`. */
  confusionMatrix: ConfusionMatrix;
  /** Whether the predictions' probabilities are what they say. */
  calibration: Calibration;
  /** Wrongly classified rows whose right label got the lowest probability. */
  worstMistakes: Mistake<string>[];
}
