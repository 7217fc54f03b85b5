import type { DType } from "../tensor/dtype.js";
import { type EncoderConfig, embeddingWidth } from "./encoder-config.js";

/** How an encoder is trained, as far as memory is concerned. */
export interface TrainingPlan {
  /** What it computes with. */
  dtype: DType;
  /** See `learningRateScale`: what is frozen has no gradients, and backward needs nothing of it. Default: none */
  freezeLayers?: number;
  /** Default: false */
  gradientCheckpointing?: boolean;
  /** Copies of the weights that the run keeps, in float32. */
  weightCopies: number;
}

/**
 * An estimate of the bytes that an update needs for each token of a micro-batch: what forward keeps for backward, and
 * what backward has in flight in one layer.
 *
 * A layer keeps queries, keys and values (3 H), attention's result (H), the sum that each LayerNorm takes (2 H), what
 * each gives (2 H), and the feed-forward network's inner activations before and after GELU (2 I); in float32, for each
 * head the logarithm of attention's denominator, and for each LayerNorm mean and deviation. With checkpointing a layer
 * keeps its input (H), and one layer at a time has all of it.
 */
export function activationBytesPerToken(config: EncoderConfig, plan: TrainingPlan): number {
  const { hiddenSize: hidden, intermediateSize: intermediate, numAttentionHeads: heads } = config;
  const element = bytesOf(plan.dtype);
  const inLayer = (8 * hidden + 2 * intermediate) * element + 4 * (heads + 4);
  const layers = trainedLayers(config, plan);
  return plan.gradientCheckpointing
    ? layers * hidden * element + IN_FLIGHT_RECOMPUTED * inLayer
    : (layers + IN_FLIGHT) * inLayer;
}

/** Gradients of a layer's activations, in layers' worth: measured, with what the allocator loses between them. */
const IN_FLIGHT = 1;
const IN_FLIGHT_RECOMPUTED = 3;

/** The bytes of weights, gradients, optimizer (two moments) and copies. The task's own layer is too small to count. */
export function stateBytes(config: EncoderConfig, plan: TrainingPlan): number {
  const { total, trained } = parameterCounts(config, plan);
  const element = bytesOf(plan.dtype);
  const narrow = element < 4;
  const weights = narrow ? 4 + element : 4; // a float32 master beside them
  const gradients = narrow ? element + 4 : 4; // a float32 sum over micro-batches
  return total * weights + trained * (gradients + 8 + 4 * plan.weightCopies);
}

/** Weights of encoder and pooler, all and those that are not frozen. */
export function parameterCounts(
  config: EncoderConfig,
  plan: Pick<TrainingPlan, "freezeLayers">,
): { total: number; trained: number } {
  const { hiddenSize: hidden, intermediateSize: intermediate } = config;
  const rows = config.vocabSize + config.maxPositionEmbeddings + config.typeVocabSize;
  const width = embeddingWidth(config);
  const projection = config.embeddingSize === null ? 0 : width * hidden + hidden;
  const embeddings = rows * width + 2 * width + projection;
  const attention = 4 * (hidden * hidden + hidden) + 2 * hidden;
  const feedForward = 2 * hidden * intermediate + intermediate + hidden + 2 * hidden;
  const layer = attention + feedForward;
  const pooler = hidden * hidden + hidden;
  return {
    total: embeddings + config.numHiddenLayers * layer + pooler,
    trained:
      (plan.freezeLayers === undefined ? embeddings : 0) + trainedLayers(config, plan) * layer + pooler,
  };
}

function trainedLayers(
  { numHiddenLayers: layers }: EncoderConfig,
  { freezeLayers = 0 }: Pick<TrainingPlan, "freezeLayers">,
) {
  return Math.max(0, layers - freezeLayers);
}

function bytesOf(dtype: DType): number {
  return dtype === "bfloat16" ? 2 : 4;
}
