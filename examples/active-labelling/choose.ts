/** What tells which rows to ask for. */
export interface Candidates {
  /** One vector of length 1 a row. */
  vectors: readonly Float32Array[];
  /** How uncertain the model is of each row. */
  uncertainties: readonly number[];
  /** The rows that have been asked for. */
  known: Iterable<number>;
  count: number;
}

/**
 * The rows from which a model would learn most, one after the other: the next one has the largest product of its uncertainty and its
 * distance (1 - cosine) to the nearest row that is known or chosen. Uncertainty alone would choose the same question many times over.
 */
export function chooseRows({ vectors, uncertainties, known, count }: Candidates): number[] {
  const distances = vectors.map(() => 2); // no cosine leaves more
  const taken = new Set<number>();
  const take = (row: number) => {
    taken.add(row);
    for (const [other, vector] of vectors.entries())
      distances[other] = Math.min(distances[other]!, 1 - dot(vector, vectors[row]!));
  };
  for (const row of known) take(row);
  const chosen: number[] = [];
  while (chosen.length < count && taken.size < vectors.length) {
    const values = distances.map((distance, row) =>
      taken.has(row) ? Number.NEGATIVE_INFINITY : distance * uncertainties[row]!,
    );
    const best = values.indexOf(values.reduce((a, b) => Math.max(a, b)));
    chosen.push(best);
    take(best);
  }
  return chosen;
}

/** From 0, where a model is sure of its label, to 1, where another label is as probable (the margin of Scheffer et al., 2001). */
export function uncertaintyOf(scores: Readonly<Record<string, number>>): number {
  const [first = 1, second = 0] = Object.values(scores).sort((a, b) => b - a);
  return 1 - (first - second);
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += a[index]! * b[index]!;
  return sum;
}
