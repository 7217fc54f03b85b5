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

/** A figure of the first K of a ranking, such as `ndcgAt10`. */
const OF_RANKING = /^(\w+)At(\d+)$/;

/** The Hub's identifier of a figure: `matthews_correlation` for `matthewsCorrelation`, `ndcg@10` for `ndcgAt10`. */
export function hubMetric(name: string): string {
  const known = HUB_NAMES[name] ?? name.replace(OF_RANKING, "$1@$2");
  return known.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** `Macro F1` for `macroF1`, `NDCG@10` for `ndcgAt10`. */
export function metricTitle(name: string): string {
  const [, figure, count] = OF_RANKING.exec(name) ?? [];
  if (figure)
    return `${/^(ndcg|mrr|map)$/.test(figure) ? figure.toUpperCase() : metricTitle(figure)}@${count}`;
  const words = name.replace(/(?<=.)[A-Z](?!\d)/g, (letter) => ` ${letter.toLowerCase()}`);
  const spaced = words.replace(/(?<=[a-z])F1/g, " F1");
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}
