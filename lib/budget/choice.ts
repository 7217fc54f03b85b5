import { numberText } from "../text-format.js";

/** What a budget came to. */
export interface BudgetChoice {
  /** As it was given. */
  budget: string;
  /** The options that were chosen: given instead of the budget, they make the same run. */
  chosen: Record<string, unknown>;
  /** What they were chosen by, in words. */
  reason: string;
  /** What the whole call is expected to take; null where the budget is no time. */
  expectedSeconds: number | null;
}

/** Told once the options of a run are chosen, before it begins. */
export interface BudgetEvent extends BudgetChoice {
  /** Told once, before `start`. */
  type: "budget";
}

/** A choice in words, of two lines. */
export function budgetLine({ budget, chosen, reason }: BudgetChoice): string {
  const options = Object.entries(chosen).map(([name, value]) => `${name} ${valueText(value)}`);
  return `Budget ${budget}: ${options.join(", ")}\n  ${reason}`;
}

function valueText(value: unknown): string {
  if (typeof value === "number") return numberText(value);
  return typeof value === "string" ? value : JSON.stringify(value);
}
