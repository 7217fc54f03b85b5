/**
 * Prometheus' text format (https://prometheus.io/docs/instrumenting/exposition_formats/): as much of it as a server of models needs.
 * prom-client would do more, with @opentelemetry/api and tdigest behind it; its last release is of December 2024.
 */

type Labels = Readonly<Record<string, string>>;

/** A metric: what it measures, and its samples. */
export interface Metric {
  name: string;
  help: string;
  type: "counter" | "gauge" | "histogram";
  samples: readonly Sample[];
}

export interface Sample {
  /** Behind the metric's name: `_sum`. */
  suffix?: string;
  labels?: Labels;
  value: number;
}

export const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

export function metricsText(metrics: readonly Metric[]): string {
  return metrics.map(metricText).join("");
}

function metricText({ name, help, type, samples }: Metric): string {
  const lines = samples.map(
    ({ suffix = "", labels = {}, value }) => `${name}${suffix}${labelsText(labels)} ${numberText(value)}`,
  );
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines, ""].join("\n");
}

function labelsText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escaped(value: string): string {
  return value.replace(/\\/g, "\\\\").replace(/"/g, '\\"').replace(/\n/g, "\\n");
}

function numberText(value: number): string {
  return value === Number.POSITIVE_INFINITY ? "+Inf" : String(value);
}

/** Counts by their labels. */
export class Counts {
  readonly #counts = new Map<string, { labels: Labels; value: number }>();

  add(labels: Labels, value = 1): void {
    const key = JSON.stringify(labels);
    const count = this.#counts.get(key);
    if (count) count.value += value;
    else this.#counts.set(key, { labels, value });
  }

  samples(): Sample[] {
    return [...this.#counts.values()];
  }
}

/** How many measurements lie at or below each of some bounds, by their labels. */
export class Distribution {
  readonly #bounds: readonly number[];
  readonly #series = new Map<string, { labels: Labels; counts: number[]; sum: number }>();

  /** @param bounds in ascending order */
  constructor(bounds: readonly number[]) {
    this.#bounds = [...bounds, Number.POSITIVE_INFINITY];
  }

  add(labels: Labels, value: number): void {
    const key = JSON.stringify(labels);
    const series = this.#series.get(key) ?? { labels, counts: this.#bounds.map(() => 0), sum: 0 };
    this.#series.set(key, series);
    series.sum += value;
    for (const [index, bound] of this.#bounds.entries()) if (value <= bound) series.counts[index]!++;
  }

  samples(): Sample[] {
    return [...this.#series.values()].flatMap(({ labels, counts, sum }) => [
      ...counts.map((value, index) => ({
        suffix: "_bucket",
        labels: { ...labels, le: numberText(this.#bounds[index]!) },
        value,
      })),
      { suffix: "_sum", labels, value: sum },
      { suffix: "_count", labels, value: counts.at(-1)! },
    ]);
  }
}
