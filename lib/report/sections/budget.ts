import { type Content, html } from "../html.js";
import type { StoredBudget } from "../read/lines.js";
import { namedValues } from "./configuration.js";

/** What a budget came to, and why; nothing where there was none. */
export function budgetText(choice: StoredBudget | null | undefined): Content {
  if (!choice) return null;
  const { budget, chosen, reason } = choice;
  const options = namedValues(chosen).map(([name, value]) => `${name} ${value}`);
  return html`<p>The budget of ${budget} chose ${options.join(", ")}: ${reason}.</p>`;
}
