import { setImmediate as nextTurn } from "node:timers/promises";
import { sumOf } from "../arrays.js";
import type { EncoderOutputs } from "../models/encoder.js";
import { type EncoderInput, toEncoderInput } from "../models/encoder-input.js";
import type { Network } from "../models/network.js";
import { type PackableSequence, packSequences } from "../models/packing.js";
import type { Module } from "../nn/module.js";
import { noGrad } from "../tensor/autograd.js";
import { tensor } from "../tensor/create.js";
import { scope } from "../tensor/scope.js";
import type { Tensor } from "../tensor/tensor.js";
import { gaussLegendre, type Quadrature } from "./gauss-legendre.js";

/** Tokens of a batch, which keeps what backward needs of every layer: a few hundred megabytes. */
const TOKENS_PER_BATCH = 1024;
/** Where the caller names no number, steps are doubled between these until attributions are complete. */
const FEWEST_STEPS = 16;
const MOST_STEPS = 512;
/** How far the sum of attributions may be from what they explain: a share of it, or so much. */
const TOLERANCE = { relative: 0.01, absolute: 1e-3 };

/** One number that a model makes of one sequence. */
export interface Explainable {
  sequence: PackableSequence;
  /** Whether a token is none of a text, such as `[CLS]`: it is the same in what the sequence is compared with. */
  isSpecial(token: number): boolean;
  /** The number, of each of B copies of the sequence. */
  output(encoded: EncoderOutputs, input: EncoderInput): Tensor; // [B], float32
}

interface GradientSettings {
  device: string;
  /** The token that those of texts are compared with. */
  paddingId: number;
  /** Default: as many as it takes */
  steps?: number;
  signal?: AbortSignal;
}

/** What each token adds to the number. */
export interface Attributions {
  attributions: Float64Array; // [tokens]
  /** The number for the sequence. */
  output: number;
  /** The number for padding in the place of the texts, special tokens kept: what `output` is compared with. */
  baseline: number;
  /** By how much the sum of the attributions is more than `output` less `baseline`. */
  delta: number;
  /** At how many points between the two gradients were computed. */
  steps: number;
  /** Whether `delta` is within 1% of that difference, or 0.001. */
  isComplete: boolean;
}

/**
 * Integrated gradients (Sundararajan et al., 2017) by the words' vectors: those of the texts go in a straight line from the vector of
 * padding to their own, positions and segments stay. As `LayerIntegratedGradients` of Captum on the word embeddings, by Gauss and Legendre.
 *
 * Leaves no gradients behind. Other work on the thread goes on between two batches.
 *
 * @throws the signal's reason
 */
export async function integratedGradients(
  network: Network<Module>,
  explainable: Explainable,
  settings: GradientSettings,
): Promise<Attributions> {
  network.train(false);
  const { steps: wanted } = settings;
  let steps = wanted ?? FEWEST_STEPS;
  for (;;) {
    const found = await withSteps(network, explainable, settings, steps);
    if (found.isComplete || wanted !== undefined || steps >= MOST_STEPS) return found;
    steps *= 2;
  }
}

async function withSteps(
  network: Network<Module>,
  explainable: Explainable,
  settings: GradientSettings,
  steps: number,
): Promise<Attributions> {
  const { points, weights } = gaussLegendre(steps);
  const way = wayTo(network, explainable, settings);
  const tokens = explainable.sequence.inputIds.length;
  const attributions = new Float64Array(tokens);
  const size = Math.max(1, Math.floor(TOKENS_PER_BATCH / tokens));
  try {
    for (let first = 0; first < steps; first += size) {
      await nextTurn(); // aborts and other calls get through
      settings.signal?.throwIfAborted();
      const last = first + size;
      const some = { points: points.slice(first, last), weights: weights.slice(first, last) };
      const found = attributionsAt(network, explainable, way, some, settings);
      for (const [token, value] of found.entries()) attributions[token]! += value;
    }
    const [baseline, output] = endsOf(network, explainable, way, settings);
    const difference = output - baseline;
    const delta = sumOf(attributions) - difference;
    const allowed = Math.max(TOLERANCE.absolute, TOLERANCE.relative * Math.abs(difference));
    return { attributions, output, baseline, delta, steps, isComplete: Math.abs(delta) <= allowed };
  } finally {
    way.start.dispose();
    way.whole.dispose();
  }
}

/** The number for padding, and for the sequence. */
function endsOf(
  network: Network<Module>,
  explainable: Explainable,
  way: Way,
  settings: GradientSettings,
): [baseline: number, output: number] {
  return noGrad(() =>
    scope(() => {
      const vectors = vectorsAt(way, Float64Array.of(0, 1));
      const [baseline, output] = outputsFor(network, explainable, vectors, settings).toFloat32Array();
      return [baseline!, output!];
    }),
  );
}

/** The vectors of a sequence's words on a straight way, of which any points can be computed. */
interface Way {
  start: Tensor; // [tokens, E]
  /** From the start to the end. */
  whole: Tensor; // [tokens, E]
}

/** From padding, in the place of all but special tokens, to the sequence itself. The caller disposes its tensors. */
function wayTo(
  { encoder }: Network<Module>,
  { sequence, isSpecial }: Explainable,
  { device, paddingId }: GradientSettings,
): Way {
  const ids = Int32Array.from(sequence.inputIds);
  const padded = ids.map((id, token) => (isSpecial(token) ? id : paddingId));
  const vectorsOf = (some: Int32Array) => encoder.wordEmbeddings.indexSelect(0, tensor(some, { device }));
  return noGrad(() =>
    scope(() => {
      const start = vectorsOf(padded);
      return { start, whole: vectorsOf(ids).sub(start) };
    }),
  );
}

/** The vectors at P points, 0 at the start and 1 at the end, one sequence after the other: [P tokens, E]. */
function vectorsAt({ start, whole }: Way, points: Float64Array): Tensor {
  const [tokens, width] = start.shape as [number, number];
  return noGrad(() =>
    scope(() => {
      const shares = perPoint(points, start.device).to(whole.dtype);
      const vectors = start.unsqueeze(0).add(whole.unsqueeze(0).mul(shares));
      return vectors.reshape([points.length * tokens, width]);
    }),
  );
}

/** [P, 1, 1] */
function perPoint(values: Float64Array, device: string): Tensor {
  return tensor(Float32Array.from(values), { shape: [values.length, 1, 1], device });
}

/** The number that is explained, for the vectors of B copies of the sequence: [B]. */
function outputsFor(
  { encoder }: Network<Module>,
  { sequence, output }: Explainable,
  vectors: Tensor,
  { device }: GradientSettings,
): Tensor {
  const tokens = sequence.inputIds.length;
  const copies = Array<PackableSequence>(vectors.shape[0]! / tokens).fill(sequence);
  const batch = packSequences(copies, [...copies.keys()]);
  const input = { ...toEncoderInput(batch, device), wordVectors: vectors };
  return output(encoder.forward(input), input);
}

/** For each token the product of the way and the gradients at some points, weighted and added up. */
function attributionsAt(
  network: Network<Module>,
  explainable: Explainable,
  way: Way,
  { points, weights }: Quadrature,
  settings: GradientSettings,
): Float32Array {
  const [tokens, width] = way.start.shape as [number, number];
  return withFrozen(network, () =>
    scope(() => {
      const vectors = vectorsAt(way, points);
      vectors.requiresGrad = true;
      outputsFor(network, explainable, vectors, settings).sum().backward();
      return noGrad(() => {
        const gradients = vectors.grad!.to("float32").reshape([points.length, tokens, width]);
        const added = gradients.mul(perPoint(weights, settings.device)).sum([0]);
        return added.mul(way.whole.to("float32")).sum([1]).toFloat32Array();
      });
    }),
  );
}

/** Computes while no parameter records a gradient: backward would add to what training has, and keep it. */
function withFrozen<Result>(network: Network<Module>, compute: () => Result): Result {
  const trained = [...network.namedParameters()]
    .map(([, parameter]) => parameter)
    .filter(({ requiresGrad }) => requiresGrad);
  for (const parameter of trained) parameter.requiresGrad = false;
  try {
    return compute();
  } finally {
    for (const parameter of trained) parameter.requiresGrad = true;
  }
}
