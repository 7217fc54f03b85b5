#include "attention_choice.h"

#include <c10/cuda/CUDAEvent.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGraphsC10Utils.h>

#include <bit>
#include <cstdlib>
#include <map>
#include <mutex>
#include <optional>
#include <string_view>
#include <tuple>

namespace libbert {
namespace {

using at::Tensor;

std::optional<AttentionBackend> forcedBackend() {
  static const std::optional<AttentionBackend> forced = []() -> std::optional<AttentionBackend> {
    const char* value = std::getenv("LIBBERT_CUDA_ATTENTION");
    if (value == nullptr || *value == '\0') return std::nullopt;
    const std::string_view name = value;
    if (name == "flash") return AttentionBackend::flash;
    if (name == "cudnn") return AttentionBackend::cudnn;
    TORCH_CHECK(name == "composition", "Expected flash, cudnn or composition for LIBBERT_CUDA_ATTENTION but received ",
                name);
    return AttentionBackend::composition;
  }();
  return forced;
}

/** Both fused kernels need Ampere or newer, 16-bit elements, and head sizes that fill vectors of 16 bytes. */
bool canFuse(const PackedAttention& call) {
  const auto type = call.qkv.scalar_type();
  const int64_t size = call.headSize();
  const bool is16Bit = type == at::kHalf || type == at::kBFloat16;
  if (!is16Bit || size % 8 != 0 || size > 256 || call.qkv.size(0) == 0) return false;
  if (call.p == 1) return false;  // the fused kernels divide by 1 - p
  int major = 0;
  C10_CUDA_CHECK(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, call.qkv.device().index()));
  return major >= 8;
}

struct Kernel {
  AttentionResult (*forward)(const PackedAttention&);
  Tensor (*backward)(const PackedAttention&, const Tensor&, const AttentionResult&);
};

constexpr Kernel flash{flashForward, flashBackward}, cudnn{cudnnForward, cudnnBackward};

Tensor runOnce(const Kernel& kernel, const PackedAttention& call) {
  const AttentionResult forward = kernel.forward(call);
  return kernel.backward(call, std::get<0>(forward), forward);  // the output serves as its own gradient
}

float timed(const Kernel& kernel, const PackedAttention& call) {
  constexpr int repetitions = 5;
  runOnce(kernel, call);  // compiles and allocates

  c10::cuda::CUDAEvent start(cudaEventDefault), end(cudaEventDefault);  // with their times
  start.record();
  for (int i = 0; i < repetitions; ++i) runOnce(kernel, call);
  end.record();
  end.synchronize();
  return start.elapsed_time(end) / repetitions;
}

/**
 * Whether two gradients [T, 3 * H] differ by less than 2 % of the largest element, in each of their three parts: by
 * rounding to bfloat16, and no more.
 */
bool agree(const Tensor& x, const Tensor& y) {
  const auto largestOfParts = [](const Tensor& grad) { return grad.view({grad.size(0), 3, -1}).abs().amax({0, 2}); };
  const Tensor difference = x.to(at::kFloat).sub(y.to(at::kFloat));
  return largestOfParts(difference).le(largestOfParts(y).to(at::kFloat).mul(0.02)).all().item<bool>();
}

/**
 * cuDNN's packed path has been wrong for some shapes in some versions, so it is taken only where, without dropout, its
 * gradient (which its output enters) is FlashAttention's. What it does not support, it refuses by an exception.
 */
AttentionBackend measuredBackend(const PackedAttention& call) {
  if (c10::cuda::currentStreamCaptureStatusMayInitCtx() != c10::cuda::CaptureStatus::None) {
    return AttentionBackend::flash;
  }
  try {
    PackedAttention plain = call;
    plain.p = 0;
    if (!agree(runOnce(cudnn, plain), runOnce(flash, plain))) return AttentionBackend::flash;
    return timed(cudnn, call) < timed(flash, call) ? AttentionBackend::cudnn : AttentionBackend::flash;
  } catch (const c10::Error&) {
    return AttentionBackend::flash;
  }
}

/** Calls of one kind share a choice: sizes count by their number of binary digits. */
auto kindOf(const PackedAttention& call) {
  const auto digits = [](int64_t size) { return std::bit_width(static_cast<uint64_t>(size)); };
  return std::tuple(call.qkv.device().index(), call.qkv.scalar_type(), call.heads, call.headSize(),
                    digits(call.qkv.size(0)), digits(call.cuSeqlens.size(0) - 1), digits(call.maxSeqlen), call.causal,
                    call.p > 0);
}

}  // namespace

AttentionBackend chooseBackend(const PackedAttention& call) {
  if (!canFuse(call)) return AttentionBackend::composition;
  if (const auto forced = forcedBackend()) return *forced;

  static std::mutex mutex;
  static std::map<decltype(kindOf(call)), AttentionBackend> remembered;
  const std::lock_guard lock(mutex);
  const auto kind = kindOf(call);
  const auto found = remembered.find(kind);
  return found != remembered.end() ? found->second : remembered[kind] = measuredBackend(call);
}

}  // namespace libbert
