/** How many batches' worth of rows are looked through for one that fits. */
const BATCHES_AHEAD = 20;

/**
 * The rows in nearly the same order, so that no two of the same batch have a text in common. A row that does not fit waits for the
 * next batch; where no row within reach fits, the batch takes those that wait.
 *
 * @param textsOf the numbers of a row's texts
 */
export function withTextsApart(
  rows: Int32Array,
  batchSize: number,
  textsOf: (row: number) => ArrayLike<number>,
): Int32Array {
  const ordered = new Int32Array(rows.length);
  let waiting: number[] = [];
  let next = 0; // of rows
  for (let placed = 0; placed < rows.length; ) {
    const end = Math.min(placed + batchSize, rows.length);
    const texts = new Set<number>();
    const left: number[] = [];
    const reach = next + BATCHES_AHEAD * batchSize - waiting.length;
    const candidates = waiting.values();
    while (placed < end) {
      const { value: waited } = candidates.next();
      const row = waited ?? (next < Math.min(rows.length, reach) ? rows[next++] : undefined);
      if (row === undefined) break;
      const own = Array.from(textsOf(row));
      if (own.some((text) => texts.has(text))) {
        left.push(row);
        continue;
      }
      for (const text of own) texts.add(text);
      ordered[placed++] = row;
    }
    left.push(...candidates);
    while (placed < end) ordered[placed++] = left.length > 0 ? left.shift()! : rows[next++]!;
    waiting = left;
  }
  return ordered;
}
