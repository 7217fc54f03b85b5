import { threefry2x32 } from "../counter-random.js";
import { native } from "./native.js";
import type { GeneratorHandle, TensorHandle } from "./native-ops.js";
import { Tensor } from "./tensor.js";

/** Seeds the generator behind `rand`, `randn`, `normal_` and `uniform_` of this thread. */
export function manualSeed(seed: number): void {
  native.manualSeed(seed);
  startDropoutStream(seed, 0);
}

type StreamKey = readonly [number, number];

/** The keys of some calls, one int64 each, from call number `first` on. */
interface KeyBlock {
  first: number;
  keys: readonly TensorHandle[];
}

/** As many as BERT-base's update has, and more: they reach a GPU in one copy. */
const KEYS_AT_ONCE = 64;

let streamKey: StreamKey = [0, 0];
let calls = 0;
/** Keys of the stream, by the device that draws: kernels read them there, so that all updates launch the same. */
const blocks = new Map<string, KeyBlock>();
/** What the fused kernels of attention draw from, by GPU. */
const generators = new Map<string, GeneratorHandle>();

/**
 * Sets the source of dropout masks. Each later dropout call takes the next key of the stream, so a mask is a function
 * of (seed, step, which call of the step, token, element) and of nothing that happened before: a resumed run drops
 * the same elements.
 */
export function startDropoutStream(seed: number, step: number): void {
  const words: StreamKey = [seed | 0, Math.floor(seed / 2 ** 32) | 0];
  enterStream(threefry2x32(words, step | 0, Math.floor(step / 2 ** 32) | 0));
  calls = 0;
  for (const generator of generators.values()) native.seedGenerator(generator, ...streamKey);
}

/** A position in the stream of dropout masks. */
export interface DropoutPosition {
  readonly streamKey: StreamKey;
  readonly calls: number;
  /** Of each GPU's generator. */
  readonly offsets: ReadonlyMap<string, number>;
}

export function dropoutPosition(): DropoutPosition {
  const offsets = Array.from(generators, ([device, generator]) => {
    return [device, native.generatorOffset(generator)] as const;
  });
  return { streamKey, calls, offsets: new Map(offsets) };
}

/** Makes the next dropout calls draw the masks that followed `position`. */
export function setDropoutPosition(position: DropoutPosition): void {
  enterStream(position.streamKey);
  calls = position.calls;
  for (const [device, generator] of generators) {
    native.seedGenerator(generator, ...streamKey);
    native.setGeneratorOffset(generator, position.offsets.get(device) ?? 0);
  }
}

function enterStream(key: StreamKey): void {
  if (key[0] !== streamKey[0] || key[1] !== streamKey[1]) freeDropoutKeys();
  streamKey = key;
}

/** Frees the keys that devices have. The stream goes on as it would have. */
export function freeDropoutKeys(): void {
  for (const { keys } of blocks.values()) native.dispose(keys);
  blocks.clear();
}

/** The key of the next dropout call, which is on a device: one int64 there. */
export function nextDropoutKey(device: string): TensorHandle {
  const call = calls++;
  const known = blocks.get(device);
  const key = known?.keys[call - known.first];
  if (key !== undefined) return key;
  if (known) native.dispose(known.keys);
  const all = new Tensor(native.fromBytes(keysFrom(call, KEYS_AT_ONCE), [KEYS_AT_ONCE], "int64", device));
  const keys = oneByOne(all);
  all.dispose();
  blocks.set(device, { first: call, keys });
  return keys[0]!;
}

/** How many dropout calls there were since the stream began. */
export function dropoutCalls(): number {
  return calls;
}

/** The keys of the stream's first calls, as `withDropoutKeys` takes them. */
export function dropoutKeys(count: number): BigInt64Array {
  return keysFrom(0, count);
}

/** Runs `body` at the beginning of a stream whose keys are given: int64 [calls], on the device that draws. */
export function withDropoutKeys(keys: Tensor, body: () => void): void {
  freeDropoutKeys();
  calls = 0;
  if (keys.size > 0) blocks.set(keys.device, { first: 0, keys: oneByOne(keys) });
  try {
    body();
  } finally {
    freeDropoutKeys();
  }
}

/** What attention on a device draws its dropout from, where a fused kernel does: moved on by each call. */
export function dropoutGenerator(device: string): GeneratorHandle | null {
  if (device === "cpu") return null;
  const known = generators.get(device);
  if (known !== undefined) return known;
  const generator = native.newGenerator(device);
  native.seedGenerator(generator, ...streamKey);
  generators.set(device, generator);
  return generator;
}

/** A new generator from here on: LibTorch refuses to draw from one with which a capture has failed. */
export function replaceDropoutGenerator(device: string): void {
  generators.delete(device);
}

/** The stream's from a call on, each an integer below 2^53. */
function keysFrom(first: number, count: number): BigInt64Array {
  const words = new Uint32Array(2 * count); // low word first
  for (let index = 0; index < count; index++) {
    const [high, low] = threefry2x32(streamKey, first + index, 0);
    words[2 * index] = low;
    words[2 * index + 1] = high >>> 11;
  }
  return new BigInt64Array(words.buffer);
}

/** A tensor of one key for each of several. */
function oneByOne({ handle, size }: Tensor): readonly TensorHandle[] {
  return native.split(handle, new Array(size).fill(1), 0);
}
