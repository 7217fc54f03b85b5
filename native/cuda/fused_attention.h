// varlen_attention by the fused kernels inside LibTorch: FlashAttention's, and cuDNN's.

#pragma once

#include <ATen/core/Tensor.h>

#include <tuple>

namespace libbert {

/** One call of varlen_attention on a GPU. */
struct PackedAttention {
  at::Tensor qkv;        // [T, 3 * heads * head size], float16 or bfloat16
  at::Tensor cuSeqlens;  // int32 [B + 1] on the GPU
  int64_t maxSeqlen, heads;
  double p;
  int64_t key;
  bool causal;

  int64_t headSize() const {
    return qkv.size(1) / (3 * heads);
  }
};

/** Output [T, H], log-sum-exp in the kernel's own layout, and the state of the generator that drew its dropout. */
using AttentionResult = std::tuple<at::Tensor, at::Tensor, at::Tensor>;

AttentionResult flashForward(const PackedAttention& call);

/** The gradient of qkv. */
at::Tensor flashBackward(const PackedAttention& call, const at::Tensor& grad, const AttentionResult& forward);

AttentionResult cudnnForward(const PackedAttention& call);

/** The gradient of qkv. */
at::Tensor cudnnBackward(const PackedAttention& call, const at::Tensor& grad, const AttentionResult& forward);

}  // namespace libbert
