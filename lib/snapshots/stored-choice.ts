import { z } from "zod";
import type { BudgetChoice } from "../budget/choice.js";
import { refusedChange } from "./settings-changes.js";

/** What a budget came to, as it lies with a run's settings. */
export const storedChoiceSchema = z.strictObject({
  budget: z.string(),
  chosen: z.record(z.string(), z.unknown()),
  reason: z.string(),
  expectedSeconds: z.number().nullable(),
});

/**
 * What is left of a budget is not measured anew: a run goes on with what was chosen.
 *
 * @throws ERR_OPTION for another budget than it had
 */
export function checkSameBudget(given: unknown, stored: BudgetChoice | null): void {
  if (given === undefined || given === stored?.budget) return;
  throw refusedChange({ name: "budget", before: stored?.budget, now: given });
}
