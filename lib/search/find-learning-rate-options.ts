import { z } from "zod";
import { type FineTuneSettings, taskUnion } from "../fine-tuning/options.js";
import { optionMeta } from "../options/option.js";
import { OF_RANKS } from "../options/ranks-options.js";
import { OF_SNAPSHOTS } from "../options/snapshot-options.js";
import { OF_TENSORBOARD } from "../options/tensorboard-options.js";

/** What `findLearningRate()` takes beside the options of `fineTune()` that decide what an update is. */
export const rangeTestFields = {
  updates: z
    .int()
    .min(20)
    .default(100)
    .describe(
      "updates of a test, over which the rate rises from 1e-7 to 1; it ends early when the loss diverges",
    )
    .register(optionMeta, { unit: "updates" }),
  tests: z
    .int()
    .positive()
    .default(3)
    .describe("tests whose losses are averaged, with the seeds `seed`, `seed + 1` and so on"),
};

/** Options of `fineTune()` that mean nothing to a training whose model is thrown away. */
const WITHOUT = {
  validation: true,
  outputDir: true,
  overwrite: true,
  ...OF_SNAPSHOTS,
  budget: true,
  epochs: true,
  learningRate: true,
  schedule: true,
  warmupRatio: true,
  evaluateEvery: true,
  metric: true,
  loadBest: true,
  patience: true,
  seeds: true,
  languages: true,
  license: true,
  datasetName: true,
  ...OF_TENSORBOARD,
  ...OF_RANKS,
} as const;

/** Options of single tasks that say what becomes of a model that was trained. */
const OF_TRAINED_MODELS = ["threshold", "calibrate", "explainMistakes"];

/** Options of `findLearningRate()`: a union on `task`. */
export const findLearningRateOptions = taskUnion((options) => {
  const { shape } = options.omit(WITHOUT);
  const trained = Object.entries(shape).filter(([name]) => !OF_TRAINED_MODELS.includes(name));
  return z.strictObject({ ...Object.fromEntries(trained), ...rangeTestFields });
});

/** Checked options; those that mean nothing to the test have their defaults. */
export type FindLearningRateSettings = FineTuneSettings & { updates: number; tests: number };

/** What the tests saw at one rate. */
export interface RangePoint {
  /** The rate of the update. */
  learningRate: number;
  /** Mean of the tests. */
  loss: number;
  /** With its neighbours on both sides, within a decade of rates. */
  smoothedLoss: number;
}

/** What range tests found. */
export interface LearningRateRange {
  /** Where the smoothed loss has fallen nine tenths of the way to its lowest; null where it nowhere falls by more than chance would have it. */
  suggestion: number | null;
  /** As far as all tests came. */
  curve: RangePoint[];
  /** Whether the loss of a test diverged before its last update. */
  diverged: boolean;
}

/** One update of a test is done. */
export interface RangeEvent {
  /** Told after every update of every test. */
  type: "range";
  /** From 1. */
  test: number;
  /** How many there are. */
  tests: number;
  /** Of this test. */
  step: number;
  /** How many updates a test makes. */
  updates: number;
  /** Of this update. */
  learningRate: number;
  /** Of this update's batch. */
  loss: number;
}
