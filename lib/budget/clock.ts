/** Seconds since the caller began to wait. */
export type RunClock = () => number;

/** @param begun when the caller began to wait, by `Date.now()`. Default: now */
export function clockSince(begun = Date.now()): RunClock {
  const before = (Date.now() - begun) / 1000;
  const start = performance.now();
  return () => before + (performance.now() - start) / 1000;
}
