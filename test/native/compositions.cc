// For tests alone: registers the compositions of native/cuda instead of the CPU's kernels, so that the cases of
// check_ops.py check them where no GPU is. LibTorch warns once that kernels are overridden.

#include "../../native/cuda/compositions.h"

#include <ATen/ops/empty.h>
#include <torch/library.h>

#include "../../native/cuda/drop_block.h"
#include "../../native/cuda/drop_mask.h"
#include "../../native/ops/arguments.h"

namespace libbert {

at::Tensor drawDropped(const DropRequest& request) {
  return composeDropped(request);
}

namespace {

/** What the CUDA kernel computes, thread after thread. */
at::Tensor dropWithKernel(double p, int64_t key, const std::optional<at::Tensor>& rowIds, int64_t rows, int64_t planes,
                          int64_t columns) {
  const int64_t blocks = (columns + 3) / 4;
  const DropoutMask mask(p, key, dataOf(rowIds));
  at::Tensor dropped = at::empty({rows, planes, 4 * blocks}, at::kBool);
  for (int64_t i = 0; i < rows * planes * blocks; ++i) {
    dropBlock(dropped.mutable_data_ptr<bool>(), i, planes, blocks, mask);
  }
  return dropped.narrow(2, 0, columns);
}

at::Tensor dropWithComposition(double p, int64_t key, const std::optional<at::Tensor>& rowIds, int64_t rows,
                               int64_t planes, int64_t columns) {
  return composeDropped({p, key, rowIds, rows, planes, columns, at::kCPU});
}

}  // namespace

TORCH_LIBRARY_IMPL(libbert, CPU, m) {
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
}

TORCH_LIBRARY(libbert_test, m) {
  m.def("drop_with_kernel(float p, int key, Tensor? row_ids, int rows, int planes, int columns) -> Tensor",
        dropWithKernel);
  m.def("drop_with_composition(float p, int key, Tensor? row_ids, int rows, int planes, int columns) -> Tensor",
        dropWithComposition);
}

}  // namespace libbert
