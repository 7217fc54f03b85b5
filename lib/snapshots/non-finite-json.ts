/** The key of an object that stands for a number that JSON cannot write, such as a correlation of constants. */
const NON_FINITE = "nonFinite";

/** For `JSON.stringify`: writes every number so that `bringNonFinite` brings it back. */
export function keepNonFinite(_: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isFinite(value) ? { [NON_FINITE]: String(value) } : value;
}

/** For `JSON.parse`. */
export function bringNonFinite(_: string, value: unknown): unknown {
  const stored = (value as Record<string, unknown> | null)?.[NON_FINITE];
  return typeof stored === "string" ? Number(stored) : value;
}
