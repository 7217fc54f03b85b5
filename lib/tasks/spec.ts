import type { z } from "zod";
import type { CalibrationKind } from "../calibration/options.js";
import type { CardUse } from "../card/card.js";
import type { SentenceFiles } from "../checkpoint/sentence/model.js";
import type { ExplainChoice } from "../explanation/options.js";
import type { HeadKind } from "../models/heads/head-kind.js";
import type { ModelConfig } from "../models/model-config.js";
import type { Files } from "../options/row-options.js";
import type { Evaluation } from "./evaluation.js";
import type { TaskInspection } from "./inspection.js";

/** What the models of a task take and give. */
export interface TaskTypes {
  input: unknown;
  prediction: unknown;
  /** What `predict` takes beside the inputs. */
  predictOptions: object;
  evaluation: Evaluation;
}

/** Whether more or less of a figure is better. */
export type Direction = "higher" | "lower";

/** How predictions are written, one after the other. */
export interface PredictionFormat<Input, Prediction> {
  /** What stands before the first and after the last. Default: nothing */
  start?: string;
  end?: string;
  /** What is written for one input, with its line break. @param index of the input, from 0 */
  line(input: Input, prediction: Prediction, index: number): string;
  /** What is said on standard error when all are written. */
  notice?(): string | undefined;
}

/** What `libbert predict` and `libbert evaluate` know of a task. */
export interface TaskCommandLine<Input, Prediction> {
  /** Flags that say what to predict for, beside `--input`. */
  readonly flags: z.ZodRawShape;
  /** Which of them is an input by itself; null where inputs come from files alone. */
  readonly given: string | null;
  /** The one input that the flags give. */
  inputOf(flags: Readonly<Record<string, unknown>>): Input;
  /** Extensions of the files that `--input` takes. */
  readonly extensions: readonly string[];
  /** The inputs of `--input`, in arrays as they come. */
  inputsOf(files: Files, flags: Readonly<Record<string, unknown>>): AsyncIterable<Input[]>;
  /** For people. */
  text(): PredictionFormat<Input, Prediction>;
  /** A JSON object a line. */
  json(): PredictionFormat<Input, Prediction>;
  /** By the extension of `--output`, where a file of that kind has a form of its own. */
  readonly files?: Readonly<Record<string, () => PredictionFormat<Input, Prediction>>>;
  /** What lies behind the figures of an evaluation, for people to read. */
  report?(report: object): string;
}

/** What tells which task a saved model is for. */
export interface StoredModel extends Pick<ModelConfig, "json" | "source"> {
  sentences?: Pick<SentenceFiles, "isCrossEncoder">;
}

/** All of a task that needs no LibTorch. */
export interface TaskSpec<Types extends TaskTypes = TaskTypes> {
  /** As `fineTune({ task })` has it. */
  readonly name: string;
  /** The options of `fineTune()` that this task has beside those of all. */
  readonly options: z.ZodRawShape;
  /** The default of `maxSeqLength`, for a model that takes so many tokens. */
  readonly maxSeqLength: number;
  /** Whether something is an input, and what inputs are in words. */
  readonly inputs: { accepts(input: unknown): boolean; readonly what: string };
  readonly predictOptions: z.ZodRawShape;
  /** What `calibrate()` can give its models. Default: nothing, it refuses them */
  readonly calibratedBy?: readonly CalibrationKind[];
  /** The options of `explain()` that say which number of its models is explained; it refuses the others. */
  readonly explainedBy: readonly ExplainChoice[];
  /** The figures of an evaluation that may be named as `metric`, and which way each is better. */
  readonly metrics: Readonly<Record<string, Direction>>;
  /**
   * Whether a saved model is one of this task.
   *
   * @param head what its files say it has on top; undefined where they do not say
   */
  loads(head: HeadKind | null | undefined, config: StoredModel): boolean;
  /** Whether a model of another task is one of this, too, for whoever names it. Default: none is */
  alsoLoads?(head: HeadKind | null | undefined, config: StoredModel): boolean;
  /** For the option `teacher`: the tasks whose models may be one, or `features`, an encoder alone. Default: this task */
  readonly teachers?: readonly string[];
  /** How the cards of saved models show their use. */
  readonly card: CardUse;
  /** Whether any encoder alone is a model of the task, too, for whoever names it. Default: false */
  readonly isOfEncoders?: boolean;
  /** How its rows are looked at before a model trains on them. */
  readonly inspection: TaskInspection;
  readonly commandLine: TaskCommandLine<Types["input"], Types["prediction"]>;
  /** For the compiler alone. */
  readonly types?: Types;
}

/** Checks a spec against its types, and keeps its own type: `defineTask<Types>()({ name: "…", … })`. */
export function defineTask<Types extends TaskTypes>() {
  return <const Spec extends TaskSpec<Types>>(spec: Spec): Spec & { readonly types?: Types } => spec;
}
