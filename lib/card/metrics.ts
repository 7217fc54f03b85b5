/** What the Hub calls figures that libbert calls otherwise. */
const HUB_NAMES: Readonly<Record<string, string>> = {
  macroF1: "f1",
  microF1: "f1",
  strictF1: "f1",
  pearson: "pearsonr",
  spearman: "spearmanr",
  meanSquaredError: "mse",
  subsetAccuracy: "accuracy",
  maskedAccuracy: "accuracy",
  nextSentenceAccuracy: "accuracy",
};

/** The Hub's identifier of a figure: `matthews_correlation` for `matthewsCorrelation`. */
export function hubMetric(name: string): string {
  return HUB_NAMES[name] ?? name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** `Macro F1` for `macroF1`. */
export function metricTitle(name: string): string {
  const words = name.replace(/(?<=.)[A-Z](?!\d)/g, (letter) => ` ${letter.toLowerCase()}`);
  const spaced = words.replace(/(?<=[a-z])F1/g, " F1");
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}
