/** Names in the output directory of a run. */
export const LOG = "log.jsonl";
export const SETTINGS = "settings.json";
