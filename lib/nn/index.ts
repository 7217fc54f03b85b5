export { detectNonFinite } from "./detect-non-finite.js";
export { Dropout } from "./dropout.js";
export { Embedding } from "./embedding.js";
export {
  binaryCrossEntropy,
  cosineEmbeddingLoss,
  cosineSimilarity,
  crossEntropy,
  dropout,
  gelu,
  klDiv,
  mseLoss,
  normalize,
  varlenAttention,
} from "./functional.js";
export { checkpoint, computeGradients } from "./gradient-checkpointing.js";
export { truncatedNormal_, withoutInitialisation } from "./init.js";
export { LayerNorm } from "./layer-norm.js";
export { Linear } from "./linear.js";
export { Module, Parameter } from "./module.js";
