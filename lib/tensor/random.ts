import { threefry2x32 } from "../counter-random.js";
import { native } from "./native.js";

/** Seeds the generator behind `rand`, `randn`, `normal_` and `uniform_` of this thread. */
export function manualSeed(seed: number): void {
  native.manualSeed(seed);
  startDropoutStream(seed, 0);
}

let streamKey: [number, number] = [0, 0];
let calls = 0;

/**
 * Sets the source of dropout masks. Each later dropout call takes the next key of the stream, so a mask is a function
 * of (seed, step, which call of the step, token, element) and of nothing that happened before: a resumed run drops
 * the same elements.
 */
export function startDropoutStream(seed: number, step: number): void {
  streamKey = threefry2x32(
    [seed | 0, Math.floor(seed / 2 ** 32) | 0],
    step | 0,
    Math.floor(step / 2 ** 32) | 0,
  );
  calls = 0;
}

/** A position in the stream of dropout masks. */
export interface DropoutPosition {
  readonly streamKey: [number, number];
  readonly calls: number;
}

export function dropoutPosition(): DropoutPosition {
  return { streamKey, calls };
}

/** Makes the next dropout calls draw the masks that followed `position`. */
export function setDropoutPosition(position: DropoutPosition): void {
  ({ streamKey, calls } = position);
}

/** The key of the next dropout call: an integer below 2^53. */
export function nextDropoutKey(): number {
  const [high, low] = threefry2x32(streamKey, calls++, 0);
  return (high >>> 11) * 2 ** 32 + low;
}
