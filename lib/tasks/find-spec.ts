import type { z } from "zod";
import { storedHead } from "../checkpoint/stored-head.js";
import { expected } from "../errors.js";
import type { ModelConfig } from "../models/model-config.js";
import type { Direction, StoredModel, TaskSpec } from "./spec.js";
import * as specs from "./specs.js";

type Specs = typeof specs;

/** What a model can be fine-tuned for. */
export type TaskName = Specs[keyof Specs]["name"];

/** The spec of a task, with its own type. */
export type SpecOf<Name extends TaskName> = Extract<Specs[keyof Specs], { name: Name }>;

/** The options of `fineTune()` that a task has of its own, checked. */
export type OptionsOf<Name extends TaskName> = z.output<z.ZodObject<SpecOf<Name>["options"]>>;

/** What the models of a task take and give. */
export type TypesOf<Name extends TaskName> = NonNullable<SpecOf<Name>["types"]>;

export const SPECS: readonly (TaskSpec & { name: TaskName })[] = Object.values(specs);

export const TASK_NAMES = SPECS.map(({ name }) => name) as [TaskName, ...TaskName[]];

export function specOf(name: TaskName): TaskSpec {
  return SPECS.find((spec) => spec.name === name)!;
}

/**
 * Models of a task whose `fineTune()` takes labels have them, others have none.
 *
 * @param task null for an encoder alone
 * @throws LibbertError ERR_OPTION for the option `labels` of a model without labels
 */
export function checkLabelsOption(task: TaskName | null, labels: unknown): void {
  if (labels === undefined || (task !== null && "labels" in specOf(task).options)) return;
  const model = task === null ? "an encoder alone" : `a model for ${task}`;
  throw expected(`no value, as ${model} has none,`, "labels", labels);
}

/**
 * The task that a saved model is for, by what its files say; null for an encoder alone.
 *
 * @param named the task that it is loaded for, which it may be good for, too. Default: none is named
 */
export function taskOf(
  config: ModelConfig & StoredModel,
  named: TaskName | "features" = "features",
): TaskName | null {
  const head = storedHead(config);
  if (named !== "features" && specOf(named).alsoLoads?.(head, config)) return named;
  return SPECS.find((spec) => spec.loads(head, config))?.name ?? null;
}

/** What may teach a task: models of tasks, or an encoder alone. */
export function teachersOf(task: TaskName): readonly (TaskName | "features")[] {
  return (specOf(task).teachers as readonly (TaskName | "features")[] | undefined) ?? [task];
}

/** The options that say which columns a task's rows have. */
export function columnOptionsOf({ options }: TaskSpec): z.ZodRawShape {
  const names = ["columns", "columnNames"].filter((name) => name in options);
  return Object.fromEntries(names.map((name) => [name, options[name]!]));
}

/** @param name what errors call the inputs @throws LibbertError ERR_OPTION, naming the first that is none of a task's inputs */
export function checkInputs(
  inputs: unknown,
  { accepts, what }: TaskSpec["inputs"],
  name: "inputs" | "texts" | "pairs" | "documents" = "inputs",
): void {
  if (!Array.isArray(inputs)) throw expected(`an array of ${name}`, name, inputs);
  const bad = inputs.findIndex((input) => !accepts(input));
  if (bad >= 0) throw expected(what, `${name}.${bad}`, inputs[bad]);
}

/** Whether a figure is better than another. Any number is better than none. */
export function isBetter(direction: Direction, value: number, than: number): boolean {
  if (Number.isNaN(than)) return !Number.isNaN(value);
  return direction === "lower" ? value < than : value > than;
}
