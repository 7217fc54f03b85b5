// For tests alone: registers the compositions of native/cuda instead of the CPU's kernels, so that the cases of
// check_ops.py check them where no GPU is. LibTorch warns once that kernels are overridden.

#include "../../native/cuda/compositions.h"

#include <torch/library.h>

#include <string>

#include "../../native/cuda/attention_choice.h"
#include "../../native/cuda/drop_mask.h"

namespace libbert {

at::Tensor drawDropped(const DropRequest& request) {
  return composeDropped(request);
}

namespace {

std::string nameOf(AttentionBackend backend) {
  switch (backend) {
    case AttentionBackend::flash:
      return "flash";
    case AttentionBackend::denseCudnn:
      return "dense cudnn";
    case AttentionBackend::varlenCudnn:
      return "varlen cudnn";
    case AttentionBackend::efficient:
      return "efficient";
    case AttentionBackend::composition:
      return "composition";
  }
  return "";
}

std::string attentionBackend(at::ScalarType type, int64_t tokens, int64_t sequences, int64_t maxSeqlen,
                             int64_t headSize, double p, bool isDeterministic, int64_t capability,
                             std::string_view forced) {
  return nameOf(chooseBackend({type, tokens, sequences, maxSeqlen, headSize, p, isDeterministic, capability}, forced));
}

}  // namespace

TORCH_LIBRARY_IMPL(libbert, CPU, m) {
  m.impl("linear_gradients_", composeLinearGradients);
  m.impl("sum_by_id", composeSumById);
  m.impl("bert_embeddings_forward", composeBertEmbeddingsForward);
  m.impl("gelu", composeGelu);
  m.impl("gelu_backward", composeGeluBackward);
  m.impl("dropout", composeDropout);
  m.impl("dropout_add_layer_norm_forward", composeDropoutAddLayerNormForward);
  m.impl("dropout_add_layer_norm_backward", composeDropoutAddLayerNormBackward);
  m.impl("varlen_attention_forward", composeAttentionForward);
  m.impl("varlen_attention_backward", composeAttentionBackward);
  m.impl("cross_entropy_sum_forward", composeCrossEntropySumForward);
  m.impl("cross_entropy_sum_backward_", composeCrossEntropySumBackward);
  m.impl("adamw_", composeAdamW);
  m.impl("sum_of_squares", composeSumOfSquares);
  m.impl("segment_sums_of_squares", composeSegmentSumsOfSquares);
  m.impl("add_scaled_segments_", composeAddScaledSegments);
}

TORCH_LIBRARY(libbert_test, m) {
  m.def(
      "attention_backend(ScalarType type, int tokens, int sequences, int max_seqlen, int head_size, float p, "
      "bool is_deterministic, int capability, str forced) -> str",
      attentionBackend);
}

}  // namespace libbert
