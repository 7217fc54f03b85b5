import { SPECS } from "../../lib/tasks/find-spec.js";

/** The tasks that have an option of their own, as errors name them: `"multi-label" and "regression"`. */
export function tasksWith(option: string): string {
  const tasks = SPECS.filter(({ options }) => option in options);
  return tasks.map(({ name }) => JSON.stringify(name)).join(" and ");
}
