const SURROGATE_PAIR = /[\ud800-\udbff][\udc00-\udfff]/;

/** Changes, in place, offsets counted in code points of `text` into JavaScript's UTF-16 units. */
export function toUtf16Offsets(text: string, offsets: [number, number][]): void {
  if (!SURROGATE_PAIR.test(text)) return; // every code point is one unit
  const unitOf: number[] = [];
  let unit = 0;
  for (const codePoint of text) {
    unitOf.push(unit);
    unit += codePoint.length;
  }
  unitOf.push(unit);
  for (const span of offsets) {
    span[0] = unitOf[span[0]]!;
    span[1] = unitOf[span[1]]!;
  }
}
