import { LibbertError } from "../../../errors.js";
import { minimum, type Slope } from "./lbfgs.js";

/** A linear layer whose outputs are the logits of classes. */
export interface LogisticRegression {
  weights: Float64Array; // [C, D]
  biases: Float64Array; // [C]
}

/** Labelled vectors. */
interface Points {
  vectors: readonly ArrayLike<number>[]; // [N], each [D]
  classes: readonly number[]; // [N]
  classCount: number;
}

/** Of the gradient: the weights are right to as much, as the penalty bends the slope by 1 at least; biases to less. */
const TOLERANCE = 1e-8;
const MAX_STEPS = 1000;

/**
 * The layer with the lowest cross entropy, summed over the vectors, plus half the sum of its squared weights; biases are free. That is
 * scikit-learn's `LogisticRegression` with `C` of 1, its default.
 *
 * Of two classes scikit-learn has one row of weights, w, and half its square: two rows, -w/2 and w/2, have half of that.
 */
export async function logisticRegression(points: Points, signal?: AbortSignal): Promise<LogisticRegression> {
  const { classCount, vectors } = points;
  requireFinite(vectors);
  const width = vectors[0]!.length;
  const penalty = classCount === 2 ? 2 : 1;
  const start = new Float64Array(classCount * (width + 1));
  const options = { tolerance: TOLERANCE, maxSteps: MAX_STEPS, signal };
  const found = await minimum((layer) => slopeOf(layer, points, penalty), start, options);
  return { weights: found.subarray(0, classCount * width), biases: found.subarray(classCount * width) };
}

function requireFinite(vectors: Points["vectors"]): void {
  const row = vectors.findIndex((vector) => !Array.prototype.every.call(vector, Number.isFinite));
  if (row < 0) return;
  const message = `Expected finite numbers for the vectors of the training rows but received others for number ${row + 1}`;
  throw new LibbertError("ERR_NON_FINITE", message);
}

/** Of the loss by the layer. @param layer the weights, and behind them the biases: [C D + C] */
function slopeOf(layer: Float64Array, { vectors, classes, classCount }: Points, penalty: number): Slope {
  const width = layer.length / classCount - 1;
  const biases = classCount * width;
  const gradient = new Float64Array(layer.length);
  let value = 0;
  for (let index = 0; index < biases; index++) {
    value += (penalty / 2) * layer[index]! ** 2;
    gradient[index] = penalty * layer[index]!;
  }
  const logits = new Float64Array(classCount);
  for (const [row, vector] of vectors.entries()) {
    for (let id = 0; id < classCount; id++) {
      let logit = layer[biases + id]!;
      for (let column = 0; column < width; column++) logit += layer[id * width + column]! * vector[column]!;
      logits[id] = logit;
    }
    const right = classes[row]!;
    const highest = Math.max(...logits);
    const sum = logits.reduce((total, logit) => total + Math.exp(logit - highest), 0);
    value += Math.log(sum) + highest - logits[right]!;
    for (let id = 0; id < classCount; id++) {
      const share = Math.exp(logits[id]! - highest) / sum - (id === right ? 1 : 0);
      gradient[biases + id]! += share;
      for (let column = 0; column < width; column++)
        gradient[id * width + column]! += share * vector[column]!;
    }
  }
  return { value, gradient };
}
