// What libbert_cuda.so adds to LibTorch's dispatcher when it is loaded: every operator that has a kernel for the CPU.
// (linear, linear_gelu, embedding and encoder_layers are made of others on every device; packed weights are for the CPU
// alone.)

#include <torch/library.h>

#include "attention.h"
#include "compositions.h"
#include "kernel_operators.h"

namespace libbert {

TORCH_LIBRARY_IMPL(libbert, CUDA, m) {
  m.impl("linear_gradients_", linearGradients);
  m.impl("sum_by_id", sumRowsById);
  m.impl("bert_embeddings_forward", bertEmbeddingsForward);
  m.impl("gelu", composeGelu);
  m.impl("gelu_backward", geluBackward);
  m.impl("dropout", dropout);
  m.impl("dropout_add_layer_norm_forward", layerNormForward);
  m.impl("dropout_add_layer_norm_backward", layerNormBackward);
  m.impl("varlen_attention_forward", attentionForward);
  m.impl("varlen_attention_backward", attentionBackward);
  m.impl("cross_entropy_sum_forward", crossEntropySumForward);
  m.impl("cross_entropy_sum_backward_", crossEntropySumBackward);
  m.impl("adamw_", adamW);
  m.impl("sum_of_squares", sumOfSquares);
  m.impl("segment_sums_of_squares", segmentSumsOfSquares);
  m.impl("add_scaled_segments_", addScaledSegments);
}

}  // namespace libbert
