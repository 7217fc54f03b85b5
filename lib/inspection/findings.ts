import type { Finding, FindingExample } from "./report.js";

/** Kinds from the worst on; those that tasks have of their own stand where `TASKS_OWN` does. */
const TASKS_OWN = "";
const ORDER = [
  "broken-row",
  "leakage",
  "conflict",
  "wrong-label",
  "unseen-label",
  TASKS_OWN,
  "replacement-character",
  "mojibake",
  "unpaired-surrogate",
  "control-character",
  "empty-text",
  "near-leakage",
  "near-conflict",
  "duplicate",
  "near-duplicate",
  "long-text",
  "invisible-character",
];

type Parts = Pick<Finding, "kind" | "in" | "what">;

/** Gathers what is found, and a few examples of each. */
export class Findings {
  readonly #found = new Map<string, Parts & { count: number; examples: FindingExample[] }>();
  readonly #mostExamples: number;

  constructor(mostExamples: number) {
    this.#mostExamples = mostExamples;
  }

  /** @param example is made where it is shown */
  add({ kind, in: rows, what }: Parts, example: () => FindingExample): void {
    const key = `${rows} ${kind}`;
    const finding = this.#found.get(key) ?? { kind, in: rows, what, count: 0, examples: [] };
    this.#found.set(key, finding);
    finding.count++;
    if (finding.examples.length < this.#mostExamples) finding.examples.push(example());
  }

  /** All of them, the worst kind first. @param rows how many there are */
  all(rows: Record<Finding["in"], number>): Finding[] {
    return [...this.#found.values()]
      .sort((a, b) => placeOf(a.kind) - placeOf(b.kind))
      .map(({ examples, ...finding }) => ({
        ...finding,
        share: finding.count / Math.max(1, rows[finding.in]),
        examples,
      }));
  }
}

function placeOf(kind: string): number {
  const place = ORDER.indexOf(kind);
  return place < 0 ? ORDER.indexOf(TASKS_OWN) : place;
}
