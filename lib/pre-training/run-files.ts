/** Names in the output directory of a run. */
export const SETTINGS = "settings.json";
