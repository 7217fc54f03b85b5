/** Index of the largest value; of equal ones the first. */
export function argmax(values: ArrayLike<number>): number {
  let best = 0;
  for (let index = 1; index < values.length; index++) if (values[index]! > values[best]!) best = index;
  return best;
}

export function sumOf(values: Iterable<number>): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}

export function productOf(values: readonly number[]): number {
  return values.reduce((product, value) => product * value, 1);
}

/** NaN of no values. */
export function meanOf(values: Iterable<number> & { readonly length: number }): number {
  return sumOf(values) / values.length;
}

/** The integers from `start` to the one before `end`. */
export function range(start: number, end: number): number[] {
  return Array.from({ length: end - start }, (_, index) => start + index);
}

/** Arrays one after the other. */
export function joined(arrays: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(sumOf(arrays.map(({ length }) => length)));
  let end = 0;
  for (const array of arrays) {
    all.set(array, end);
    end += array.length;
  }
  return all;
}

/** Whether no value comes twice; objects are compared by what they hold. */
export function areDistinct(values: readonly unknown[]): boolean {
  return new Set(values.map((value) => JSON.stringify(value))).size === values.length;
}

/** Items with the same key together, the groups in the order in which the first of each comes. */
export function groupsOf<Item>(items: Iterable<Item>, keyOf: (item: Item) => unknown): Item[][] {
  const groups = new Map<unknown, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return [...groups.values()];
}

/** The first item that is there for a second time; undefined where all are distinct. */
export function firstRepeated(items: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return items.find((item) => seen.size === seen.add(item).size);
}

export interface Chunking {
  size: number;
  /** Ends a chunk early, so that the first of its items wait no longer than this. Default: no limit */
  milliseconds?: number;
}

/** Gathers items into arrays of `size`; the last may be shorter, none is empty. */
export async function* chunked<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
  { size, milliseconds = Number.POSITIVE_INFINITY }: Chunking,
): AsyncGenerator<Item[], void, undefined> {
  let chunk: Item[] = [];
  let start = performance.now();
  for await (const item of items) {
    chunk.push(item);
    if (chunk.length < size && performance.now() - start < milliseconds) continue;
    yield chunk;
    chunk = [];
    start = performance.now();
  }
  if (chunk.length > 0) yield chunk;
}
