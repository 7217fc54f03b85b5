import type { ProcessGroup } from "../../distributed/group.js";
import type { Checkpoint } from "../checkpoint.js";
import type { Compute } from "../compute.js";
import type { FineTuneSettings } from "./options.js";
import type { ProgressEvent } from "./progress.js";
import type { Examples, TaskModel } from "./task-model.js";

/** How a run talks to the outside. */
export interface RunContext {
  signal?: AbortSignal;
  emit(event: ProgressEvent): void;
  /** The run's processes, where there are several: each has the same rows, and rank 0 writes all files. */
  group?: ProcessGroup;
}

/** A task whose rows are read and checked. */
export interface PreparedTask<Row extends Examples = Examples> {
  train: Row;
  validation?: Row;
  /** A new model: the checkpoint's encoder with the task's layer, whose first weights come from the seed. */
  createModel(seed: number): TaskModel<Row>;
}

/** Checked options, in which the task has filled in its own defaults. */
export type TaskSettings = FineTuneSettings & { maxSeqLength: number };

/** What one task is to fine-tuning and to loading. */
export interface Task {
  /** The default of `maxSeqLength`, for a model that takes so many tokens. */
  readonly defaultMaxSeqLength: number;

  /**
   * Reads the training and the validation rows.
   *
   * @throws ERR_DATA, naming the place; ERR_OPTION for options that do not fit the rows or the checkpoint
   */
  prepare(
    checkpoint: Checkpoint,
    settings: TaskSettings,
    compute: Compute,
    context: RunContext,
  ): Promise<PreparedTask>;

  /** A model that was saved by libbert or by transformers. @throws ERR_CHECKPOINT when it is none of this task */
  load(checkpoint: Checkpoint, compute: Compute): TaskModel;
}
