// Generated from the options' schemas by `npm run generate`. Do not edit.

/** Options of `model.predict()` for classification. */
export interface ClassificationPredictOptions {
  /** Predict as if the model had not been calibrated. Default: `false`. */
  raw?: boolean;
}

/** Options of `model.predict()` for masked-words. */
export interface MaskedWordsPredictOptions {
  /** How many tokens to show for each mask. Unit: tokens. Default: `5`. */
  topK?: number;
}

/** Options of `model.predict()` for multi-label. */
export interface MultiLabelPredictOptions {
  /** Predict as if the model had not been calibrated. Default: `false`. */
  raw?: boolean;
}

/** Options of `model.predict()` for multiple-choice. */
export interface MultipleChoicePredictOptions {
  /** Predict as if the model had not been calibrated. Default: `false`. */
  raw?: boolean;
}

/** Options of `model.predict()` for question-answering. */
export interface QuestionAnsweringPredictOptions {
  /** Also give the N most probable answers, up to 20. */
  nBest?: number;
  /** Tokens that an answer may have. Unit: tokens. Default: as the model was trained for, or 30. */
  maxAnswerLength?: number;
  /**
   * Say that there is no answer where its logit is more than this above the best answer's. Default: as tuned
   * in training; a model trained on questions that all have answers always gives one.
   */
  noAnswerThreshold?: number;
}

/** Options of `model.predict()` for regression. */
export interface RegressionPredictOptions {
  /** Predict as if the model had not been calibrated. Default: `false`. */
  raw?: boolean;
}

/** Options of `model.predict()` for token-classification. */
export interface TokenClassificationPredictOptions {
  /** Predict as if the model had not been calibrated. Default: `false`. */
  raw?: boolean;
}
