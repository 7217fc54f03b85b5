import { isDeepStrictEqual } from "node:util";
import type { Checkpoint } from "../checkpoint/checkpoint.js";
import { storedLabels } from "../checkpoint/labels.js";
import { quoted } from "../data/data-error.js";
import { type TaskName, taskOf } from "../tasks/find-spec.js";
import type { HeadConfig, TaskHead } from "../tasks/head.js";

/** A sentence where a model has the same labels in another order, so that the layer that knows them is not learned on. */
export function newHeadNotice(
  head: Pick<TaskHead, "continues">,
  task: TaskName,
  checkpoint: Checkpoint,
  config: HeadConfig,
): string[] {
  if (config.labels.length === 0 || taskOf(checkpoint, task) !== task) return [];
  if (head.continues(checkpoint, config)) return [];
  const own = storedLabels(checkpoint);
  if (!isDeepStrictEqual([...own].sort(), [...config.labels].sort())) return [];
  return [
    `the model's own layer for the labels ${quoted(own)} is not learned on, and a new one begins, as their order is ${quoted(config.labels)} here ` +
      "(the option labels keeps it, with the model's in their own order)",
  ];
}
