import { z } from "zod";
import { expected } from "../errors.js";
import { optionMeta } from "./option.js";

/** What a budget counts. Those of pre-training call rows sequences. */
export type BudgetUnit = "seconds" | "rows" | "updates";

/** What a run may use up. */
export interface Budget {
  unit: BudgetUnit;
  amount: number;
}

const SECONDS = { d: 86_400, h: 3600, m: 60, s: 1 } as const;
const TIME =
  /^(?:(?<d>\d+(?:\.\d+)?)d)?(?:(?<h>\d+(?:\.\d+)?)h)?(?:(?<m>\d+(?:\.\d+)?)m)?(?:(?<s>\d+(?:\.\d+)?)s)?$/;
const COUNT = /^(?<amount>\d+) (?<unit>row|sequence|update)s?$/;

/** `20m`, `1h30m`, `5000 rows`, `300 updates`; undefined for what is none, or nothing. */
export function parseBudget(text: string): Budget | undefined {
  const count = COUNT.exec(text)?.groups;
  const budget: Budget = count
    ? { unit: count.unit === "update" ? "updates" : "rows", amount: Number(count.amount) }
    : { unit: "seconds", amount: secondsOf(text) };
  return budget.amount > 0 && Number.isFinite(budget.amount) ? budget : undefined;
}

function secondsOf(text: string): number {
  const parts = TIME.exec(text)?.groups ?? {};
  return Object.entries(SECONDS).reduce(
    (sum, [unit, seconds]) => sum + seconds * Number(parts[unit] ?? 0),
    0,
  );
}

/** Seconds as a budget has them, rounded up: `1h1m40s`. */
export function timeText(seconds: number): string {
  let left = Math.ceil(seconds);
  const parts = Object.entries(SECONDS).flatMap(([unit, size]) => {
    const count = Math.floor(left / size);
    left -= count * size;
    return count > 0 ? [`${count}${unit}`] : [];
  });
  return parts.join("") || "0s";
}

/** @param rows what a row is called @param chooses which options, where they are not given */
export function budgetOption(rows: "row" | "sequence", chooses: string) {
  return z
    .string()
    .refine(
      (text) => parseBudget(text) !== undefined,
      `a time such as "20m", "90s" or "1h30m", or a count such as "5000 ${rows}s" or "300 updates",`,
    )
    .optional()
    .describe(
      `how long it may take, as time such as \`20m\` or \`1h30m\`, \`5000 ${rows}s\` or \`300 updates\`: chooses ${chooses}`,
    )
    .register(optionMeta, {
      defaultText: "as long as the other options make it",
      decidesResult: false, // the options that are chosen do
      sameOnAllRanks: true,
    });
}

/** @throws ERR_OPTION for the first option that says already what the budget is to choose */
export function refuseBesideBudget(settings: object, names: readonly string[], why: string): void {
  const given = settings as Readonly<Record<string, unknown>>;
  const name = names.find((option) => given[option] !== undefined);
  if (name !== undefined)
    throw expected(`no value beside budget, ${why} (leave one of them out),`, name, given[name]);
}
