import type { HeadTypes, TaskHead } from "./head.js";

/** Names of the figures that `evaluate` gives and that can tell which model is best; the first does by default. */
export function metricsOf<Types extends HeadTypes>(
  head: TaskHead<Types>,
  config: Types["config"],
): readonly string[] {
  return head.metrics?.(config) ?? Object.keys(head.spec.metrics);
}
