#include "attention.h"

#include <c10/cuda/CUDAGuard.h>

#include "attention_choice.h"
#include "compositions.h"

namespace libbert {
namespace {

using at::Tensor;

PackedAttention packed(const Tensor& qkv, const Tensor& cuSeqlens, int64_t maxSeqlen, int64_t heads, double p,
                       int64_t key, bool causal) {
  return {qkv.contiguous(), cuSeqlens.to(qkv.device(), /*non_blocking=*/true), maxSeqlen, heads, p, key, causal};
}

}  // namespace

std::tuple<Tensor, Tensor, Tensor> attentionForward(const Tensor& qkv, const Tensor& cuSeqlens, int64_t maxSeqlen,
                                                    int64_t heads, double p, int64_t key,
                                                    const std::optional<Tensor>& rowIds, bool causal) {
  checkAttention(qkv, cuSeqlens, maxSeqlen, heads, p, rowIds);
  const c10::cuda::CUDAGuard guard(qkv.device());
  const PackedAttention call = packed(qkv, cuSeqlens, maxSeqlen, heads, p, key, causal);
  switch (chooseBackend(call)) {
    case AttentionBackend::flash:
      return flashForward(call);
    case AttentionBackend::cudnn:
      return cudnnForward(call);
    default:
      return composeAttentionForward(qkv, call.cuSeqlens, maxSeqlen, heads, p, key, rowIds, causal);
  }
}

Tensor attentionBackward(const Tensor& grad, const Tensor& qkv, const Tensor& output, const Tensor& logSumExp,
                         const Tensor& randomState, const Tensor& cuSeqlens, int64_t maxSeqlen, int64_t heads, double p,
                         int64_t key, const std::optional<Tensor>& rowIds, bool causal) {
  checkAttention(qkv, cuSeqlens, maxSeqlen, heads, p, rowIds);
  const c10::cuda::CUDAGuard guard(qkv.device());
  const PackedAttention call = packed(qkv, cuSeqlens, maxSeqlen, heads, p, key, causal);
  switch (chooseBackend(call)) {
    case AttentionBackend::flash:
      return flashBackward(call, grad, {output, logSumExp, randomState});
    case AttentionBackend::cudnn:
      return cudnnBackward(call, grad, {output, logSumExp, randomState});
    default:
      return composeAttentionBackward(grad, qkv, output, logSumExp, randomState, call.cuSeqlens, maxSeqlen, heads, p,
                                      key, rowIds, causal);
  }
}

}  // namespace libbert
