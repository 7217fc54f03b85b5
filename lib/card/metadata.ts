import type { CardTraining, CompleteCard } from "./card.js";
import { hubMetric, metricTitle } from "./metrics.js";
import { plainText } from "./plain-text.js";

/** What the Hub and other programs read of a card, by the Hub's names of the fields. What is not known is left out. */
export function metadataOf(card: CompleteCard): Record<string, unknown> {
  const { use, base, training, isSentenceModel } = card;
  const { languages, datasetName } = card.terms;
  const figures = Object.keys(training?.figures ?? {});
  const metrics = [...new Set(figures.map(hubMetric))].filter((metric) => metric !== "loss");
  const isTrainedOn = training !== null && base !== null && base.commit !== null;
  return withoutUndefined({
    language: languages && [...languages],
    ...licenseOf(card),
    library_name: isSentenceModel ? "sentence-transformers" : "transformers",
    pipeline_tag: use.pipelineTag,
    tags: isSentenceModel ? ["libbert", "sentence-transformers"] : ["libbert"],
    base_model: isTrainedOn ? base.name : undefined,
    datasets: datasetName === undefined ? undefined : [datasetName],
    metrics: metrics.length > 0 ? metrics : undefined,
    "model-index":
      training && figures.length > 0 ? [{ name: card.name, results: [resultOf(card, training)] }] : undefined,
  });
}

/** What was told, or else what the card of the base says: whoever may not pass that on may not pass this on. */
function licenseOf({ terms, base }: CompleteCard): Record<string, string> {
  const license = terms.license === undefined ? (base?.license ?? {}) : { license: terms.license };
  return Object.fromEntries(Object.entries(license).map(([field, text]) => [field, plainText(text)]));
}

/** As the Hub has results: of one data set, with its name, its identifier and the split. */
function resultOf({ use, terms: { datasetName } }: CompleteCard, { validation, figures }: CardTraining) {
  return {
    task: { type: use.pipelineTag },
    dataset: {
      name: datasetName ?? plainText(validation?.name ?? "rows of a program"),
      type: datasetName ?? "unknown",
      split: "validation",
    },
    metrics: Object.entries(figures).map(([name, value]) => ({
      type: hubMetric(name),
      name: metricTitle(name),
      value: Number(value.toFixed(4)), // no exponent: PyYAML takes 1e-7 for a text
    })),
  };
}

function withoutUndefined(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
