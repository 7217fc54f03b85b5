// For tests alone: registers what libbert_cuda.so registers where it has kernels of its own, or draws a mask
// for a composition, with an emulator in place of the GPU, so that the cases of check_ops.py check the kernels, and how
// they are called, where no GPU is.

#include <ATen/record_function.h>
#include <torch/library.h>

#include "../../native/cuda/compositions.h"
#include "../../native/cuda/kernel_operators.h"
#include "emulator/block.h"

namespace libbert {
namespace {

/** A profile has each kernel as a call of "launch". */
const bool launchesAreRecorded = [] {
  emulator::onLaunch = [] { RECORD_FUNCTION("launch", c10::ArrayRef<const c10::IValue>()); };
  return true;
}();

}  // namespace

TORCH_LIBRARY_IMPL(libbert, CPU, m) {
  m.impl("linear_gradients_", linearGradients);
  m.impl("sum_by_id", sumRowsById);
  m.impl("bert_embeddings_forward", bertEmbeddingsForward);
  m.impl("gelu_backward", geluBackward);
  m.impl("dropout", dropout);
  m.impl("dropout_add_layer_norm_forward", layerNormForward);
  m.impl("dropout_add_layer_norm_backward", layerNormBackward);
  m.impl("varlen_attention_forward", composeAttentionForward);
  m.impl("varlen_attention_backward", composeAttentionBackward);
  m.impl("cross_entropy_sum_forward", crossEntropySumForward);
  m.impl("cross_entropy_sum_backward_", crossEntropySumBackward);
  m.impl("adamw_", adamW);
  m.impl("sum_of_squares", sumOfSquares);
  m.impl("segment_sums_of_squares", segmentSumsOfSquares);
  m.impl("add_scaled_segments_", addScaledSegments);
}

}  // namespace libbert
