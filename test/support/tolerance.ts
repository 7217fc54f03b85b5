import assert from "node:assert/strict";

/** How far a number may be from the one expected: `absolute + relative * |expected|`. */
export interface Tolerance {
  absolute?: number;
  relative?: number;
}

/** Fails on the element that is furthest outside the tolerance, naming it. NaN is close to nothing. */
export function assertClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { absolute = 0, relative = 0 }: Tolerance,
  what = "values",
): void {
  assert.equal(actual.length, expected.length, `${what}: number of elements`);
  let worst = { excess: 0, index: -1 };
  for (let index = 0; index < expected.length; index++) {
    const allowed = absolute + relative * Math.abs(expected[index]!);
    const excess = Math.abs(actual[index]! - expected[index]!) - allowed;
    if (!(excess <= worst.excess)) worst = { excess: Number.isNaN(excess) ? Infinity : excess, index };
  }
  const { index } = worst;
  assert.equal(index, -1, `${what}[${index}]: ${actual[index]} is not close to ${expected[index]}`);
}

/** ‖actual - expected‖ / ‖expected‖. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  assert.equal(actual.length, expected.length);
  let difference = 0;
  let norm = 0;
  for (let index = 0; index < expected.length; index++) {
    difference += (actual[index]! - expected[index]!) ** 2;
    norm += expected[index]! ** 2;
  }
  return Math.sqrt(difference / norm);
}
