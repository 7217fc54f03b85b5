import { type Spread, spread } from "../metrics/spread.js";
import type { PretrainResult } from "../pre-training/events.js";

/** What a variant came to, over its seeds. */
export interface VariantSummary {
  /** Its name. */
  variant: string;
  /** How many runs it had. */
  seeds: number;
  /** Share of the predicted words that are right; null where a run has no such figure. */
  mlmAccuracy: Spread | null;
  /** Share of the pairs that are told right; null where a run has no such figure. */
  nspAccuracy: Spread | null;
  /** exp of the mean cross entropy of the predicted words; null where a run has no such figure. */
  perplexity: Spread | null;
  /** Mean over the last interval of the log. */
  trainLoss: Spread;
}

export function summarise(variant: string, results: readonly PretrainResult[]): VariantSummary {
  const metric = (name: "mlmAccuracy" | "nspAccuracy" | "perplexity") => {
    const values = results.map(({ metrics }) => metrics?.[name] ?? null).filter((value) => value !== null);
    return values.length === results.length ? spread(values) : null;
  };
  return {
    variant,
    seeds: results.length,
    mlmAccuracy: metric("mlmAccuracy"),
    nspAccuracy: metric("nspAccuracy"),
    perplexity: metric("perplexity"),
    trainLoss: spread(results.map(({ trainLoss }) => trainLoss)),
  };
}

/** The summaries as a Markdown table: mean ± deviation. */
export function markdownTable(summaries: readonly VariantSummary[]): string {
  const rows = summaries.map(({ variant, seeds, mlmAccuracy, nspAccuracy, perplexity, trainLoss }) => [
    variant,
    String(seeds),
    cell(mlmAccuracy, 4),
    cell(nspAccuracy, 4),
    cell(perplexity, 1),
    cell(trainLoss, 4),
  ]);
  const header = ["variant", "seeds", "MLM accuracy", "NSP accuracy", "perplexity", "training loss"];
  const lines = [header, header.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);
  return `${lines.join("\n")}\n`;
}

function cell(value: Spread | null, digits: number): string {
  if (value === null) return "–";
  const { mean, deviation } = value;
  return deviation === null ? mean.toFixed(digits) : `${mean.toFixed(digits)} ± ${deviation.toFixed(digits)}`;
}
