#include "attention.h"

#include <ATen/Context.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>

#include <cstdlib>
#include <string_view>

#include "../ops/upload.h"
#include "attention_choice.h"
#include "compositions.h"
#include "fused_attention.h"

namespace libbert {
namespace {

using at::Tensor;

PackedAttention packed(const Tensor& qkv, const Tensor& cuSeqlens, int64_t maxSeqlen, int64_t heads, double p,
                       const std::optional<at::Generator>& generator, bool causal) {
  return {qkv.contiguous(), toDevice(cuSeqlens, qkv.device(), at::kInt), maxSeqlen, heads, p, generator, causal};
}

std::string_view forcedBackend() {
  static const char* const value = std::getenv("LIBBERT_CUDA_ATTENTION");
  return value == nullptr ? "" : value;
}

AttentionBackend backendOf(const PackedAttention& call) {
  int capability = 0;
  C10_CUDA_CHECK(cudaDeviceGetAttribute(&capability, cudaDevAttrComputeCapabilityMajor, call.qkv.device().index()));
  const AttentionKind kind{.type = call.qkv.scalar_type(),
                           .tokens = call.qkv.size(0),
                           .sequences = call.sequences(),
                           .maxSeqlen = call.maxSeqlen,
                           .headSize = call.headSize(),
                           .p = call.p,
                           .isDeterministic = at::globalContext().deterministicAlgorithms(),
                           .capability = capability};
  return chooseBackend(kind, forcedBackend());
}

/** The backend of a forward pass. Another thread may have begun a deterministic run since: then another would be
 * chosen. */
AttentionBackend backendOf(const PackedAttention& call, const AttentionResult& forward) {
  return isOfDenseCudnn(forward) ? AttentionBackend::denseCudnn : backendOf(call);
}

}  // namespace

std::tuple<Tensor, Tensor, Tensor> attentionForward(const Tensor& qkv, const Tensor& cuSeqlens, int64_t maxSeqlen,
                                                    int64_t heads, double p, const std::optional<Tensor>& key,
                                                    const std::optional<at::Generator>& generator,
                                                    const std::optional<Tensor>& rowIds, bool causal) {
  checkAttention(qkv, cuSeqlens, maxSeqlen, heads, p, key, rowIds);
  const c10::cuda::CUDAGuard guard(qkv.device());
  const PackedAttention call = packed(qkv, cuSeqlens, maxSeqlen, heads, p, generator, causal);
  switch (backendOf(call)) {
    case AttentionBackend::flash:
      return flashForward(call);
    case AttentionBackend::denseCudnn:
      return denseCudnnForward(call);
    case AttentionBackend::varlenCudnn:
      return varlenCudnnForward(call);
    case AttentionBackend::efficient:
      return efficientForward(call);
    case AttentionBackend::composition:
      break;
  }
  return composeAttentionForward(qkv, call.cuSeqlens, maxSeqlen, heads, p, key, generator, rowIds, causal);
}

Tensor attentionBackward(const Tensor& grad, const Tensor& qkv, const Tensor& output, const Tensor& logSumExp,
                         const Tensor& randomState, const Tensor& cuSeqlens, int64_t maxSeqlen, int64_t heads, double p,
                         const std::optional<Tensor>& key, const std::optional<Tensor>& rowIds, bool causal) {
  checkAttention(qkv, cuSeqlens, maxSeqlen, heads, p, key, rowIds);
  const c10::cuda::CUDAGuard guard(qkv.device());
  const PackedAttention call = packed(qkv, cuSeqlens, maxSeqlen, heads, p, std::nullopt, causal);
  const AttentionResult forward{output, logSumExp, randomState};
  switch (backendOf(call, forward)) {
    case AttentionBackend::flash:
      return flashBackward(call, grad, forward);
    case AttentionBackend::denseCudnn:
      return denseCudnnBackward(call, grad, forward);
    case AttentionBackend::varlenCudnn:
      return varlenCudnnBackward(call, grad, forward);
    case AttentionBackend::efficient:
      return efficientBackward(call, grad, forward);
    case AttentionBackend::composition:
      break;
  }
  return composeAttentionBackward(grad, qkv, output, logSumExp, randomState, call.cuSeqlens, maxSeqlen, heads, p, key,
                                  rowIds, causal);
}

}  // namespace libbert
