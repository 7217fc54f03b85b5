// varlen_attention by the fused kernels inside LibTorch: FlashAttention's, cuDNN's, and the memory-efficient ones.

#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <optional>
#include <tuple>

namespace libbert {

/** One call of varlen_attention on a GPU. */
struct PackedAttention {
  at::Tensor qkv;        // [T, 3 * heads * head size]
  at::Tensor cuSeqlens;  // int32 [B + 1] on the GPU
  int64_t maxSeqlen, heads;
  double p;
  std::optional<at::Generator> generator;  // draws the dropout of a forward pass
  bool causal;

  int64_t headSize() const {
    return qkv.size(1) / (3 * heads);
  }
  int64_t sequences() const {
    return cuSeqlens.size(0) - 1;
  }
};

/** Output [T, H], log-sum-exp in the kernel's own layout, and the state of the generator that drew its dropout, if any.
 */
using AttentionResult = std::tuple<at::Tensor, at::Tensor, at::Tensor>;

// A backward pass gives the gradient of qkv.

AttentionResult flashForward(const PackedAttention& call);
at::Tensor flashBackward(const PackedAttention& call, const at::Tensor& grad, const AttentionResult& forward);

/** Of sequences that are all maxSeqlen long. */
AttentionResult denseCudnnForward(const PackedAttention& call);
at::Tensor denseCudnnBackward(const PackedAttention& call, const at::Tensor& grad, const AttentionResult& forward);
bool isOfDenseCudnn(const AttentionResult& forward);

/**
 * Only where asked for. Its backward pass takes the head size for the maximal length, and writes out of bounds, in
 * LibTorch 2.11 and perhaps later (PyTorch's pull request 186142); sequences without tokens are unsafe before
 * cuDNN 9.25; and a graph is compiled in each call, about 42 ms (pull request 191576).
 */
AttentionResult varlenCudnnForward(const PackedAttention& call);
at::Tensor varlenCudnnBackward(const PackedAttention& call, const at::Tensor& grad, const AttentionResult& forward);

/** Without dropout. */
AttentionResult efficientForward(const PackedAttention& call);
at::Tensor efficientBackward(const PackedAttention& call, const at::Tensor& grad, const AttentionResult& forward);

}  // namespace libbert
