import type { z } from "zod";
import { SPECS } from "../../lib/tasks/find-spec.js";

/** The tasks that have an option of their own, or a field `columns.…`, as errors name them: `"multi-label" and "regression"`. */
export function tasksWith(option: string): string {
  const [name, field] = option.split(".") as [string, string?];
  const tasks = SPECS.filter(({ options }) => {
    if (!(name in options)) return false;
    return field === undefined || field in (options[name] as z.ZodOptional<z.ZodObject>).unwrap().shape;
  });
  return tasks.map((task) => JSON.stringify(task.name)).join(" and ");
}
