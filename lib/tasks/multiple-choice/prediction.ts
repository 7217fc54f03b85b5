/** The choice that fits best. */
export interface ChoicePrediction {
  /** Its index. */
  choice: number;
  text: string;
  /** Its probability. */
  score: number;
  /** Probability of every choice, in their order. */
  scores: number[];
}

/** Metrics of a model on labelled rows. */
export interface ChoiceEvaluation {
  accuracy: number;
  /** Mean cross entropy. */
  loss: number;
  rows: number;
  /** Rows that lost tokens. */
  truncatedTexts: number;
}
