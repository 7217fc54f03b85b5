import { expected, type LibbertError } from "../errors.js";
import { type Budget, timeText } from "../options/budget-option.js";
import { counted } from "../text-format.js";
import { PLANNED_SHARE } from "./plan.js";

/** A budget in which nothing can be done. */
export interface TooSmall {
  /** As it was given. */
  given: string;
  unit: Budget["unit"];
  /** What would do, in what the budget counts. */
  least: number;
  /** The updates that this is for, such as "one update". */
  updates: string;
  /** What a row is called. */
  row: "row" | "sequence";
}

/** The refusal of such a budget, with what would do. */
export function tooSmall({ given, unit, least, updates, row }: TooSmall): LibbertError {
  const isTime = unit === "seconds";
  const needed = isTime
    ? timeText(least / PLANNED_SHARE)
    : counted(Math.ceil(least), unit === "rows" ? row : "update");
  const withWhat = isTime ? " with set-up and saving" : "";
  return expected(`at least "${needed}", which ${updates}${withWhat} needs,`, "budget", given);
}
