import type { Doubt } from "../../calibration/doubt.js";
import type { Evaluation } from "../evaluation.js";
import type { MistakeReport } from "../texts/mistakes.js";
import type { Truncatable } from "../texts/truncated.js";

/** A text, and what may follow it or answer a question about it. */
export interface ChoiceInput {
  /** The text that the choices go on with, or that the question is about. */
  context: string;
  /** What every choice begins with, or answers. */
  question?: string;
  /** At least two. */
  choices: string[];
}

/** The choice that fits best. */
export interface ChoicePrediction extends Truncatable, Doubt {
  /** Its index. */
  choice: number;
  /** The choice itself. */
  text: string;
  /** Its probability. */
  score: number;
  /** Probability of every choice, in their order. */
  scores: number[];
}

/** Metrics of a model on labelled rows. */
export interface ChoiceEvaluation extends Evaluation {
  /** Share of the rows whose choice is right. */
  accuracy: number;
  /** Mean cross entropy. */
  loss: number;
  /** How many rows the figures are of. */
  rows: number;
  /** Rows that lost tokens. */
  truncatedTexts: number;
  /** Rows whose choice is wrong: the text of the right choice and that of the model's, by their cross entropy. */
  report: MistakeReport<string>;
}
