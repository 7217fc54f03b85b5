import type { BudgetChoice } from "../budget/choice.js";
import { onProgressOption, signalOption } from "../options/call-options.js";
import { type Logger, loggerOption } from "../options/logger.js";
import type { RowSource } from "../options/row-options.js";
import { extendUnion } from "../options/schema.js";
import type { SearchEvent } from "../search/events.js";
import { searchOptions } from "../search/search-options.js";
import type { TrialResult } from "../search/trials.js";
import type { Checked } from "./parse-call.js";

/** What a search found. */
export interface SearchResult {
  /** The figure that was searched by. */
  metric: string;
  /** The first of `trials`. */
  best: TrialResult;
  /** Of a search with a budget: what that came to. */
  budget?: BudgetChoice;
  /** All trials, those on all rows first, each rung's best first. */
  trials: TrialResult[];
}

/** What `search()` is called with. An abort leaves the trials that are done: a further call goes on with the one that was stopped. */
export const searchCall = extendUnion(searchOptions, {
  signal: signalOption,
  onProgress: onProgressOption<SearchEvent>("SearchEvent"),
  logger: loggerOption,
});

/** What the call has beside the options that all trials share. */
export interface SearchOwn {
  validation: RowSource;
  grid?: Record<string, unknown[]>;
  rungs?: number[];
  outputDir: string;
  onProgress?: (event: SearchEvent) => void;
  logger?: Logger;
}

/** Checked options of `fineTune()` that all trials share. */
export type SearchBase = Omit<
  Checked<SearchOwn>,
  "grid" | "rungs" | "outputDir" | "signal" | "onProgress" | "logger"
>;
