import { setImmediate as nextTurn } from "node:timers/promises";

/** A function's value and its gradient at one place. */
export interface Slope {
  value: number;
  gradient: Float64Array;
}

export interface MinimumOptions {
  /** The search is over where no number of the gradient is larger. */
  tolerance: number;
  maxSteps: number;
  signal?: AbortSignal | undefined;
}

/** How the gradient changed along a step. */
interface Change {
  step: Float64Array;
  gradient: Float64Array;
}

/** Steps whose changes are remembered. */
const MEMORY = 10;
/** Of the decrease that the slope promises, how much a step must bring (Armijo's rule). */
const SUFFICIENT = 1e-4;
/** Of a value, what may be rounding: near the minimum gradients still tell the way where values no longer do. */
const ROUNDING = 1e-14;
const SHORTEST = 1e-12;

/**
 * Where a smooth convex function is lowest, by L-BFGS (Nocedal and Wright, Numerical Optimization, algorithms 7.4 and 7.5).
 *
 * @throws the signal's reason, after the step in which it comes
 */
export async function minimum(
  slopeAt: (place: Float64Array) => Slope,
  start: Float64Array,
  { tolerance, maxSteps, signal }: MinimumOptions,
): Promise<Float64Array> {
  const changes: Change[] = [];
  let place = start;
  let here = slopeAt(place);
  for (let made = 0; made < maxSteps && largest(here.gradient) > tolerance; made++) {
    const direction = directionOf(here.gradient, changes);
    const next = lower(slopeAt, place, here, direction, made === 0 ? 1 / norm(here.gradient) : 1);
    if (next === null) return place; // as low as rounding lets it see
    const change = {
      step: difference(next.place, place),
      gradient: difference(next.slope.gradient, here.gradient),
    };
    if (dot(change.step, change.gradient) > 0) changes.push(change);
    if (changes.length > MEMORY) changes.shift();
    ({ place, slope: here } = next);
    await nextTurn(); // in which an abort is heard
    signal?.throwIfAborted();
  }
  return place;
}

/** Downhill, as far as the changes so far tell how the slope bends. */
function directionOf(gradient: Float64Array, changes: readonly Change[]): Float64Array {
  const direction = gradient.map((value) => -value);
  const shares: number[] = [];
  for (const { step, gradient: change } of [...changes].reverse()) {
    const share = dot(step, direction) / dot(step, change);
    shares.push(share);
    add(direction, change, -share);
  }
  const last = changes.at(-1);
  if (last) {
    const factor = dot(last.step, last.gradient) / dot(last.gradient, last.gradient);
    for (let index = 0; index < direction.length; index++) direction[index]! *= factor;
  }
  for (const { step, gradient: change } of changes)
    add(direction, step, shares.pop()! - dot(change, direction) / dot(step, change));
  return direction;
}

/** A place along the direction that is lower by enough; null where none is. */
function lower(
  slopeAt: (place: Float64Array) => Slope,
  place: Float64Array,
  { value, gradient }: Slope,
  direction: Float64Array,
  firstLength: number,
): { place: Float64Array; slope: Slope } | null {
  const promised = dot(gradient, direction);
  for (let length = firstLength; length > SHORTEST * firstLength; length /= 2) {
    const next = place.map((number, index) => number + length * direction[index]!);
    const slope = slopeAt(next);
    const enough = value + SUFFICIENT * length * promised + ROUNDING * Math.abs(value);
    if (slope.value <= enough) return { place: next, slope };
  }
  return null;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += a[index]! * b[index]!;
  return sum;
}

function norm(a: Float64Array): number {
  return Math.sqrt(dot(a, a));
}

function largest(a: Float64Array): number {
  return a.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

function difference(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, index) => value - b[index]!);
}

function add(to: Float64Array, what: Float64Array, times: number): void {
  for (let index = 0; index < to.length; index++) to[index]! += times * what[index]!;
}
