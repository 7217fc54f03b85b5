import { productOf } from "../../arrays.js";
import { crossEntropy, mseLoss, normalize } from "../../nn/functional.js";
import { arange, cat, tensor, zeros } from "../../tensor/create.js";
import { scope } from "../../tensor/scope.js";
import type { Tensor } from "../../tensor/tensor.js";
import { NO_TEXT, type TaughtColumns } from "./examples.js";

/** The texts of N rows as vectors: each row's anchor, positive and negatives, or its two texts. */
export interface VectorRows {
  /** By column, each [N, D]. */
  columns: readonly Tensor[];
  /** How alike the two texts are; only where rows have scores. */
  scores?: ArrayLike<number>; // [N]
  /** What a teacher says of each text, by column: its vector [D], or its score with the anchor [1]. */
  answers?: TaughtColumns; // [columns][N]
  /** A number for each text, the same for the same text, `NO_TEXT` where there is none; by column. */
  texts: readonly ArrayLike<number>[]; // [columns][N]
}

/** What losses can be told. */
export interface LossSettings {
  /** Cosines are multiplied with it. */
  scale: number;
  /** How much closer a positive is to be than a negative. */
  margin: number;
}

/** The mean over the rows, or what a loss makes of all of them: []. The names and definitions are sentence-transformers'. */
export type VectorLoss = (rows: VectorRows, settings: LossSettings) => Tensor;

/**
 * Each anchor is to find its positive among all positives and negatives of the batch (Henderson et al., 2017): cross entropy of
 * the cosines. A text that is right for an anchor in one row is no wrong answer to it in another.
 */
function multipleNegativesRanking(rows: VectorRows, settings: LossSettings): Tensor {
  return crossEntropy(rankings(rows, settings), positivesOf(rows));
}

/** The mean of that, and of the same the other way round: each positive is to find its anchor among all anchors. */
function symmetricRanking(rows: VectorRows, settings: LossSettings): Tensor {
  const scores = rankings(rows, settings);
  const targets = positivesOf(rows);
  const back = scores.narrow(1, 0, rows.texts[0]!.length).transpose(0, 1); // [N, N]
  return crossEntropy(scores, targets).add(crossEntropy(back, targets)).div(2);
}

/** Each anchor's scaled cosines with all positives and negatives, [N, (columns - 1) N]; -Infinity where it is not to look. */
function rankings({ columns, texts }: VectorRows, { scale }: LossSettings): Tensor {
  const [anchors, ...candidates] = columns.map((column) => normalize(column));
  const cosines = anchors!.matmul(cat(candidates).transpose(0, 1)).mul(scale);
  const excluded = alsoRight(texts, cosines.device);
  return excluded ? cosines.add(excluded) : cosines;
}

/** The place of each row's positive among the candidates, [N]. */
function positivesOf({ columns: [anchors] }: VectorRows): Tensor {
  return arange(0, anchors!.shape[0]!, { device: anchors!.device });
}

/**
 * -Infinity where a candidate has the text of a row's anchor or positive without being its positive, and where it is none; null where
 * all texts differ.
 */
function alsoRight(texts: VectorRows["texts"], device: string): Tensor | null {
  const [anchors, positives] = texts;
  const candidates = texts.slice(1).flatMap((column) => Array.from(column));
  const count = anchors!.length;
  const distinct = new Set([...Array.from(anchors!), ...candidates]);
  if (distinct.size === count + candidates.length && !distinct.has(NO_TEXT)) return null;
  const mask = new Float32Array(count * candidates.length);
  for (let row = 0; row < count; row++) {
    for (const [candidate, text] of candidates.entries()) {
      const isWrong = text !== positives![row] && text !== anchors![row] && text !== NO_TEXT;
      if (candidate !== row && !isWrong) mask[row * candidates.length + candidate] = -Infinity;
    }
  }
  return tensor(mask, { shape: [count, candidates.length], device });
}

/** log(1 + Σ exp(scale (cos of a pair − cos of one that is more alike))), over all pairs of rows (Su, 2022). */
function cosent(rows: VectorRows, { scale }: LossSettings): Tensor {
  const scores = rows.scores!;
  const count = scores.length;
  const cosines = pairCosines(rows).mul(scale); // [N]
  const { device } = cosines;
  const counted = new Float32Array(count * count).fill(-Infinity);
  for (let less = 0; less < count; less++) {
    for (let more = 0; more < count; more++)
      if (scores[less]! < scores[more]!) counted[less * count + more] = 0;
  }
  const differences = cosines
    .unsqueeze(1)
    .sub(cosines.unsqueeze(0))
    .add(tensor(counted, { shape: [count, count], device }));
  return cat([zeros([1], { device }), differences.reshape([-1])]).logsumexp([0]);
}

/** The squared difference of the cosine and the score. */
function cosineSimilarity(rows: VectorRows): Tensor {
  const scores = tensor(Float32Array.from(rows.scores!), { device: rows.columns[0]!.device });
  return pairCosines(rows).sub(scores).pow(2).mean();
}

/** How much less than the margin a negative is further from the anchor than the positive; lengths of differences. */
function triplet({ columns, texts }: VectorRows, { margin }: LossSettings): Tensor {
  const [anchor, positive, negative] = columns;
  const far = distance(anchor!, negative!);
  const losses = distance(anchor!, positive!).sub(far).add(margin).relu(); // [N]
  const counted = Float32Array.from(texts[2]!, (text) => (text === NO_TEXT ? 0 : 1));
  return losses.mul(tensor(counted, { device: losses.device })).mean();
}

/** The squared difference of each number from the teacher's. */
function meanSquaredError({ columns, answers }: VectorRows): Tensor {
  const vectors = cat([...columns]);
  return mseLoss(vectors, flatTensor(answers!.flat(), vectors.shape, vectors.device));
}

/**
 * The squared difference of how much more a positive is like the anchor than each negative, by the product of vectors, from how much
 * higher the teacher scores it (Hofstätter et al., 2020).
 */
function marginMeanSquaredError({ columns, answers }: VectorRows): Tensor {
  const [anchor, ...others] = columns;
  const [positive, ...negatives] = others.map((other) => anchor!.mul(other).sum([1])); // each [N]
  const [wanted, ...less] = answers!
    .slice(1)
    .map((scores) => flatTensor(scores, positive!.shape, positive!.device));
  const margins = negatives.map((negative) => positive!.sub(negative));
  const taught = less.map((score) => wanted!.sub(score));
  return mseLoss(cat(margins), cat(taught));
}

function flatTensor(values: readonly Float32Array[], shape: readonly number[], device: string): Tensor {
  const flat = new Float32Array(productOf(shape));
  let next = 0;
  for (const some of values) {
    flat.set(some, next);
    next += some.length;
  }
  return tensor(flat, { shape, device });
}

function pairCosines({ columns: [a, b] }: VectorRows): Tensor {
  return normalize(a!).mul(normalize(b!)).sum([1]);
}

/** As PyTorch's pairwise_distance: what it adds keeps the gradient of equal vectors finite. */
function distance(a: Tensor, b: Tensor): Tensor {
  return a.sub(b).add(1e-6).norm([1]);
}

const LOSSES = {
  "multiple-negatives-ranking": multipleNegativesRanking,
  "multiple-negatives-symmetric-ranking": symmetricRanking,
  cosent,
  "cosine-similarity": cosineSimilarity,
  triplet,
  mse: meanSquaredError,
  "margin-mse": marginMeanSquaredError,
} satisfies Record<string, VectorLoss>;

export type LossName = keyof typeof LOSSES;

/** A loss, and what it is of. */
export interface LossChoice {
  loss: LossName;
  settings: LossSettings;
  /** How many of a vector's first numbers it is of, each time, added up (Kusupati et al., 2022); empty: all of them, once. */
  dims: readonly number[];
}

/** The loss of rows: []. */
export function lossOf({ loss, settings, dims }: LossChoice, rows: VectorRows): Tensor {
  const lossOfRows: VectorLoss = LOSSES[loss];
  if (dims.length === 0) return scope(() => lossOfRows(rows, settings));
  return scope(() =>
    dims
      .map((dim) => {
        const columns = rows.columns.map((column) => normalize(column.narrow(1, 0, dim)));
        return lossOfRows({ ...rows, columns }, settings);
      })
      .reduce((sum, part) => sum.add(part)),
  );
}
