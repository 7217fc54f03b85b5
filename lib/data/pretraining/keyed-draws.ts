import { threefry2x32 } from "../../counter-random.js";

/** 64 bits that name one source of random numbers. */
export type Key = readonly [number, number];

/** What an epoch draws keys for. */
const [INSTANCES, ORDER] = [0x5365676d, 0x4f726472]; // far from the small stream numbers that other draws use

/** What an instance draws numbers for. */
export const DRAWS = {
  targetLength: 0,
  division: 1,
  otherDocument: 2,
  otherStart: 3,
  truncationOfA: 4,
  truncationOfB: 5,
  maskedPosition: 6,
  replacement: 7,
} as const;

/** The source of an epoch's order. */
export function orderKey(seed: number, epoch: number): Key {
  return threefry2x32(seedKey(seed), epoch, ORDER);
}

/** The source of the keys of an epoch's instances. */
export function instancesKey(seed: number, epoch: number): Key {
  return threefry2x32(seedKey(seed), epoch, INSTANCES);
}

function seedKey(seed: number): Key {
  return [seed | 0, Math.floor(seed / 2 ** 32) | 0];
}

/** Two random 32-bit words, a pure function of the key and two numbers of up to 32 bits. */
export function draw(key: Key, index: number, purpose: number): [number, number] {
  return threefry2x32(key, index, purpose);
}

/** Changes a random word into a number, uniform in [0, 1). */
export function fraction(word: number): number {
  return word / 2 ** 32;
}

/** Changes a random word into an integer, uniform in [0, count). */
export function below(word: number, count: number): number {
  return Math.floor(fraction(word) * count);
}
