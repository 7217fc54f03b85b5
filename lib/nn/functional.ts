import { expected } from "../errors.js";
import { native } from "../tensor/native.js";
import { dropoutGenerator, nextDropoutKey } from "../tensor/random.js";
import { checkSameShape } from "../tensor/same-shape.js";
import { scope } from "../tensor/scope.js";
import { handleOf, Tensor } from "../tensor/tensor.js";

/** GELU (Hendrycks & Gimpel, 2016): exact by the error function, or the tanh approximation. */
export function gelu(x: Tensor, approximate: "none" | "tanh" = "none"): Tensor {
  return new Tensor(native.gelu(handleOf(x, "x"), approximate));
}

/**
 * Zeroes each element of x [T, H] with probability `p` and scales the rest, which there is none of with 1, by 1 / (1 - p).
 *
 * The mask comes from a counter, not from a generator's state: element (t, h) is decided by (this call's key, row id
 * of t, h). With the default row ids 0 … T - 1 that is the place in the batch; a model gives ids that name the token,
 * so that its mask is the same on whichever machine, and beside whichever neighbours, it is computed.
 *
 * @param rowIds int64 [T]
 */
export function dropout(x: Tensor, p: number, rowIds: Tensor | null = null): Tensor {
  if (!(p >= 0 && p <= 1)) throw expected("a number from 0 to 1", "p", p);
  if (p === 0) return x;
  return new Tensor(
    native.dropout(handleOf(x, "x"), p, nextDropoutKey(x.device), rowIds && handleOf(rowIds, "rowIds")),
  );
}

/** B sequences laid end to end, and how attention may look at them. */
export interface VarlenAttentionOptions {
  /**
   * int32 [B + 1]: where each sequence starts, and at the end T. On the CPU they are checked; those on qkv's GPU are not, and need
   * not be sent there by each call.
   */
  cuSeqlens: Tensor;
  /** The tokens of the longest sequence, or more. */
  maxSeqlen: number;
  /** Heads of attention, of which each takes an equal part of every token's query, key and value. */
  numHeads: number;
  /** Dropout of the attention probabilities. Default 0. */
  dropout?: number;
  /** int64 [T], names each token for its dropout mask. */
  rowIds?: Tensor | null;
  /** Hide what comes after each token. Default false. */
  causal?: boolean;
}

/**
 * Scaled dot-product attention within each sequence of a packed batch (Vaswani et al., 2017, section 3.2).
 *
 * @param qkv [T, 3 H]: queries, keys and values side by side, each of `numHeads` heads
 * @returns [T, H]
 */
export function varlenAttention(qkv: Tensor, options: VarlenAttentionOptions): Tensor {
  const { cuSeqlens, maxSeqlen, numHeads, dropout: p = 0, rowIds = null, causal = false } = options;
  const handle = handleOf(qkv, "qkv");
  const device = p > 0 ? qkv.device : null;
  return new Tensor(
    native.varlenAttention(
      handle,
      handleOf(cuSeqlens, "cuSeqlens"),
      maxSeqlen,
      numHeads,
      p,
      device === null ? null : nextDropoutKey(device),
      device === null ? null : dropoutGenerator(device),
      rowIds && handleOf(rowIds, "rowIds"),
      causal,
    ),
  );
}

/** How a loss over many elements becomes its result. */
export type Reduction = "mean" | "sum" | "none";

/** How `crossEntropy()` weighs classes and targets. */
export interface CrossEntropyOptions {
  /** float32 [C]: multiplies the loss of each element of a class; "mean" divides by the sum of the weights. */
  weight?: Tensor | null;
  /** Share of the target that is spread evenly over all classes (Szegedy et al., 2016, section 7). Default 0. */
  labelSmoothing?: number;
}

/**
 * Cross entropy of logits [N, C] with classes [N] (int64), computed in float32 at least; a class of -100 does not
 * count.
 */
export function crossEntropy(
  logits: Tensor,
  targets: Tensor,
  reduction: Reduction = "mean",
  { weight = null, labelSmoothing = 0 }: CrossEntropyOptions = {},
): Tensor {
  const classWeights = weight && handleOf(weight, "weight");
  return new Tensor(
    native.crossEntropy(
      widened(logits).handle,
      handleOf(targets, "targets"),
      classWeights,
      reduction,
      labelSmoothing,
    ),
  );
}

/**
 * The same, summed, for the logits of a vocabulary: the largest tensor of a model, of which this needs no copy in float32.
 * `backward()` writes the gradient over them; they are to come from an operation, and nothing may need them after.
 *
 * @returns float32 [], or float64 of float64
 */
export function crossEntropySum(logits: Tensor, targets: Tensor): Tensor {
  return new Tensor(native.crossEntropySum(handleOf(logits, "logits"), handleOf(targets, "targets")));
}

/**
 * Cross entropy of independent yes-or-no decisions: logits against targets from 0 to 1 of the same shape, computed in
 * float32 at least. The sigmoid is part of it, so that no logit is too large.
 */
export function binaryCrossEntropy(logits: Tensor, targets: Tensor, reduction: Reduction = "mean"): Tensor {
  const goal = handleOf(targets, "targets");
  const wide = widened(logits);
  checkSameShape(logits, targets, "targets");
  return new Tensor(native.binaryCrossEntropy(wide.handle, goal, reduction));
}

/** A loss is computed in float32 at least. */
function widened(logits: Tensor): Tensor {
  handleOf(logits, "logits");
  return logits.dtype === "float64" ? logits : logits.to("float32");
}

/** Mean squared error of x and target, of one shape. */
export function mseLoss(x: Tensor, target: Tensor, reduction: Reduction = "mean"): Tensor {
  const [handle, goal] = handlesOfOneShape(x, target);
  return new Tensor(native.mseLoss(handle, goal, reduction));
}

function handlesOfOneShape(x: Tensor, target: Tensor) {
  const handles = [handleOf(x, "x"), handleOf(target, "target")] as const;
  checkSameShape(x, target, "target");
  return handles;
}

/** What `klDiv()` is given as its target. */
export interface KlDivOptions {
  /** Whether `target` holds log-probabilities, too. Default false. */
  logTarget?: boolean;
}

/**
 * Kullback-Leibler divergence KL(target ‖ x) of log-probabilities x from probabilities `target`, of one shape: target ·
 * (log target - x), element by element. "batchMean" divides the sum by the first dimension: the mean over rows.
 */
export function klDiv(
  x: Tensor,
  target: Tensor,
  reduction: Reduction | "batchMean" = "mean",
  { logTarget = false }: KlDivOptions = {},
): Tensor {
  const [handle, goal] = handlesOfOneShape(x, target);
  const summed = reduction === "batchMean" ? "sum" : reduction;
  const loss = new Tensor(native.klDiv(handle, goal, summed, logTarget));
  return reduction === "batchMean" ? loss.div(x.shape[0] ?? 1) : loss;
}

/** The cosine of the angle between x and y along `dim`: [N, D], [N, D] → [N]. */
export function cosineSimilarity(x: Tensor, y: Tensor, dim = -1, eps = 1e-8): Tensor {
  return new Tensor(native.cosineSimilarity(handleOf(x, "x"), handleOf(y, "y"), dim, eps));
}

/**
 * Pulls pairs of vectors x, y [N, D] together where `target` [N] is 1, and apart to a cosine of `margin` where it is -1:
 * 1 - cos(x, y), or max(0, cos(x, y) - margin).
 */
export function cosineEmbeddingLoss(
  x: Tensor,
  y: Tensor,
  target: Tensor,
  reduction: Reduction = "mean",
  { margin = 0 }: { margin?: number } = {},
): Tensor {
  const [a, b, goal] = [handleOf(x, "x"), handleOf(y, "y"), handleOf(target, "target")];
  return new Tensor(native.cosineEmbeddingLoss(a, b, goal, margin, reduction));
}

/** x / ‖x‖ along `dim`, where ‖x‖ is the p-norm and counts as `eps` at least. */
export function normalize(
  x: Tensor,
  { p = 2, dim = -1, eps = 1e-12 }: { p?: number; dim?: number; eps?: number } = {},
): Tensor {
  handleOf(x, "x");
  return scope(() => x.div(x.norm([dim], true, p).clamp(eps, Infinity)));
}
