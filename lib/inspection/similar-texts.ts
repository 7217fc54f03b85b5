import type { Findings } from "./findings.js";
import { findNearDuplicates } from "./near-duplicates.js";
import { areInConflict, pairExample, type StoredRows, sourceOf } from "./same-texts.js";

/** For each row the other that is most alike to it: -1 where none is alike enough. */
class Nearest {
  readonly #rows: Int32Array;
  readonly #similarities: Float32Array;

  constructor(rows: number) {
    this.#rows = new Int32Array(rows).fill(-1);
    this.#similarities = new Float32Array(rows);
  }

  offer(row: number, other: number, similarity: number): void {
    const best = this.#similarities[row]!;
    const isBetter = similarity > best || (similarity === best && other < this.#rows[row]!);
    if (!isBetter) return;
    this.#rows[row] = other;
    this.#similarities[row] = similarity;
  }

  /** The rows that have one, the most alike first. */
  *mostAlike(): Generator<{ row: number; other: number; similarity: number }> {
    const found = Int32Array.from(this.#rows.keys()).filter((row) => this.#rows[row]! >= 0);
    found.sort((a, b) => this.#similarities[b]! - this.#similarities[a]! || a - b);
    for (const row of found) yield { row, other: this.#rows[row]!, similarity: this.#similarities[row]! };
  }
}

const NEAR_LEAKAGE = "rows whose texts are nearly the same as in the data";
const NEAR_DUPLICATE = "rows whose texts are nearly the same as in a row before";
const NEAR_CONFLICT = "rows whose texts are nearly those of a row before, for which something else is right";

/**
 * Finds rows whose texts are nearly the same: each is told once, with the row before it that is most alike.
 *
 * @param texts the first row of each text, in rising order
 * @throws the signal's reason
 */
export async function findSimilarTexts(
  rows: StoredRows,
  texts: Int32Array,
  { similarity, signal }: { similarity: number; signal?: AbortSignal },
  findings: Findings,
): Promise<void> {
  const { store } = rows;
  const own = new Nearest(store.rows);
  const leaks = new Nearest(store.rows);
  const search = { signatures: store.signatures, texts, similarity, signal };
  await findNearDuplicates(search, (earlier, later, alike) => {
    const isLeak = sourceOf(earlier, rows) !== sourceOf(later, rows);
    (isLeak ? leaks : own).offer(later, earlier, alike);
  });
  for (const { row, other, similarity: alike } of leaks.mostAlike())
    findings.add(
      { kind: "near-leakage", in: "against", what: NEAR_LEAKAGE },
      pairExample(row, other, rows, alike),
    );
  for (const { row, other, similarity: alike } of own.mostAlike()) {
    const [kind, what] = areInConflict(row, other, rows)
      ? ["near-conflict", NEAR_CONFLICT]
      : ["near-duplicate", NEAR_DUPLICATE];
    findings.add({ kind, in: sourceOf(row, rows), what }, pairExample(row, other, rows, alike));
  }
}
