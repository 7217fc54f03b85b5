/** Names in the output directory of a run. */
export const LOG = "log.jsonl";
/** The log of a fine-tuning that has not ended. Its name is that of a file about to be written: it counts as no content. */
export const LIVE_LOG = ".partial-log.jsonl";
/** Of a search or a comparison. */
export const RESULTS = "results.json";
/** What one that has not ended has so far, named likewise. */
export const LIVE_RESULTS = ".partial-results.json";
