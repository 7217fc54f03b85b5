import { z } from "zod";
import { descriptionOf, metaOf, optionMeta } from "../../options/option.js";
import { discriminatorsOf, type OptionsUnion, unwrap } from "../../options/schema.js";
import { completeMeaningOf } from "./help-text.js";

/** The options of one task among several. */
export interface TaskOptions {
  task: string;
  shape: z.ZodRawShape;
}

/** One option of one task. */
interface OwnField {
  task: string;
  field: z.core.$ZodType;
}

/** A union on `task` as one object. */
export function mergedUnion(union: OptionsUnion): z.ZodObject {
  const { discriminator } = union.def;
  const tasks = union.options.map((member) => ({
    task: discriminatorsOf(member, discriminator).join(", "),
    shape: member.shape,
  }));
  return z.strictObject(mergedShape(tasks));
}

/**
 * The options of several tasks, each once: first those that all tasks have. One that not every task has, or that is not
 * the same for all, is optional, without a default, and its description says for which tasks it is and what it is for each.
 */
export function mergedShape(tasks: readonly TaskOptions[]): z.ZodRawShape {
  return mergedFields(tasks, tasks.length);
}

function mergedFields(tasks: readonly TaskOptions[], taskCount: number): z.ZodRawShape {
  const names = new Set(tasks.flatMap(({ shape }) => Object.keys(shape)));
  const fields = [...names].map((name): [string, OwnField[]] => [
    name,
    tasks.filter(({ shape }) => name in shape).map(({ task, shape }) => ({ task, field: shape[name]! })),
  ]);
  const ofAll = fields.filter(([, owners]) => owners.length === taskCount);
  const ofSome = fields.filter(([, owners]) => owners.length < taskCount);
  return Object.fromEntries(
    [...ofAll, ...ofSome].map(([name, owners]) => [name, mergedField(owners, taskCount)]),
  );
}

function mergedField(owners: readonly OwnField[], taskCount: number): z.core.$ZodType {
  const { field } = owners[0]!;
  if (owners.length === taskCount && owners.every((own) => own.field === field)) return field;
  const inner = owners.map((own) => unwrap(own.field));
  if (inner.every((own) => own instanceof z.ZodLiteral))
    return z.literal(inner.flatMap(({ def }) => def.values)).describe(descriptionOf(field) ?? "");
  if (inner.every((own) => own instanceof z.ZodObject)) {
    const tasks = owners.map(({ task }, index) => ({ task, shape: inner[index]!.shape }));
    return z.strictObject(mergedFields(tasks, taskCount)).optional();
  }
  const { unit, isPath, flag } = metaOf(field);
  return z
    .optional(inner[0]!)
    .describe(meaningsByTask(owners, taskCount))
    .register(optionMeta, { unit, isPath, flag });
}

/** `classification, regression: column of the label (default: label); …` */
function meaningsByTask(owners: readonly OwnField[], taskCount: number): string {
  const tasksOf = new Map<string, string[]>();
  for (const { task, field } of owners) {
    const meaning = completeMeaningOf(field);
    tasksOf.set(meaning, [...(tasksOf.get(meaning) ?? []), task]);
  }
  return [...tasksOf]
    .map(([meaning, tasks]) => (tasks.length === taskCount ? meaning : `${tasks.join(", ")}: ${meaning}`))
    .join("; ");
}
