import { z } from "zod";

const labelSchema = z.looseObject({
  label: z.string(),
  precision: z.number(),
  recall: z.number(),
  f1: z.number(),
  support: z.number(),
  threshold: z.number().optional(),
});
export type LabelScores = z.output<typeof labelSchema>;

const binSchema = z.looseObject({
  from: z.number(),
  to: z.number(),
  count: z.int(),
  confidence: z.number().nullable(),
  accuracy: z.number().nullable(),
});

const calibrationSchema = z.looseObject({
  expectedCalibrationError: z.number().nullable(),
  bins: z.array(binSchema),
});
export type StoredCalibration = z.output<typeof calibrationSchema>;

const explanationSchema = z.looseObject({
  isComplete: z.boolean(),
  words: z.array(
    z.looseObject({ text: z.int(), start: z.int(), end: z.int(), attribution: z.number().nullable() }),
  ),
});
export type StoredExplanation = z.output<typeof explanationSchema>;

const mistakeSchema = z.looseObject({
  text: z.string(),
  textPair: z.string().optional(),
  location: z.string(),
  expected: z.unknown(),
  predicted: z.unknown(),
  loss: z.number().nullable(),
  explanation: explanationSchema.optional(),
});
export type StoredMistake = z.output<typeof mistakeSchema>;

/** What the tasks' evaluations say beside their figures, each as far as it has them. */
export const evaluationReportSchema = z.looseObject({
  /** Scores of each label, or of each type of entities. */
  labels: z.array(labelSchema).optional(),
  types: z.array(labelSchema).optional(),
  confusionMatrix: z.array(z.array(z.int())).optional(),
  calibration: calibrationSchema.optional(),
  worstMistakes: z.array(mistakeSchema).optional(),
});
export type EvaluationReport = z.output<typeof evaluationReportSchema>;
