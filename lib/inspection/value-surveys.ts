import type { LabelCounts, LengthSummary, NumberSummary } from "./report.js";

/** Different labels that are counted one by one; what has more is no label. */
const MOST_LABELS = 100_000;
/** Of these, so many are shown. */
const LABELS_SHOWN = 200;

/** How often each label comes. */
export class LabelSurvey {
  readonly #counts = new Map<string, number>();
  #total = 0;

  add(label: string): void {
    this.#total++;
    const count = this.#counts.get(label);
    if (count !== undefined || this.#counts.size < MOST_LABELS) this.#counts.set(label, (count ?? 0) + 1);
  }

  /** Whether the label came; true for all where there are too many to be labels. */
  has(label: string): boolean {
    return this.#counts.has(label) || this.#counts.size === MOST_LABELS;
  }

  summary(what: string): LabelCounts | null {
    if (this.#total === 0) return null;
    const counts = [...this.#counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
    return {
      what,
      total: this.#total,
      distinct: counts.length,
      counts: counts
        .slice(0, LABELS_SHOWN)
        .map(([label, count]) => ({ label, count, share: count / this.#total })),
    };
  }
}

/** Mean and deviation of numbers as they come (Welford, 1962). */
export class NumberSurvey {
  #count = 0;
  #mean = 0;
  #squares = 0;
  #least = Number.POSITIVE_INFINITY;
  #most = Number.NEGATIVE_INFINITY;

  add(value: number): void {
    this.#count++;
    const off = value - this.#mean;
    this.#mean += off / this.#count;
    this.#squares += off * (value - this.#mean);
    this.#least = Math.min(this.#least, value);
    this.#most = Math.max(this.#most, value);
  }

  summary(): NumberSummary | null {
    if (this.#count === 0) return null;
    const deviation = this.#count > 1 ? Math.sqrt(this.#squares / (this.#count - 1)) : 0;
    return { count: this.#count, mean: this.#mean, deviation, least: this.#least, most: this.#most };
  }
}

/** How many rows have each length. */
export class LengthSurvey {
  readonly #rowsOf = new Map<number, number>();
  #rows = 0;
  #sum = 0;

  add(length: number): void {
    this.#rowsOf.set(length, (this.#rowsOf.get(length) ?? 0) + 1);
    this.#rows++;
    this.#sum += length;
  }

  /** Rows that are longer. */
  over(length: number): number {
    let rows = 0;
    for (const [own, count] of this.#rowsOf) if (own > length) rows += count;
    return rows;
  }

  summary<Unit extends LengthSummary["unit"]>(unit: Unit): LengthSummary & { unit: Unit } {
    const inOrder = [...this.#rowsOf].sort(([a], [b]) => a - b);
    const within = (share: number) => {
      let rows = 0;
      for (const [length, count] of inOrder) {
        rows += count;
        if (rows >= share * this.#rows) return length;
      }
      return 0;
    };
    return {
      unit,
      mean: this.#rows === 0 ? 0 : this.#sum / this.#rows,
      median: within(0.5),
      p90: within(0.9),
      p95: within(0.95),
      p99: within(0.99),
      most: within(1),
    };
  }
}
