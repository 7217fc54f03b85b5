#include "fused_attention.h"

#include <ATen/Context.h>
#include <ATen/core/Generator.h>
#include <ATen/ops/_cudnn_attention_backward.h>
#include <ATen/ops/_cudnn_attention_forward.h>
#include <ATen/ops/_flash_attention_backward.h>
#include <ATen/ops/_flash_attention_forward.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/stack.h>

#include <mutex>
#include <vector>

#include "../ops/philox.h"

namespace libbert {
namespace {

using at::Tensor;

/**
 * Seeds the GPU's generator with an operator's key, so that the fused kernels' dropout is a function of the key (and of
 * the position in the batch, where our own dropout looks at row ids); restores the generator's state afterwards.
 */
class SeededGenerator {
 public:
  SeededGenerator(int64_t key, at::Device device) : generator_(at::globalContext().defaultGenerator(device)) {
    const PhiloxKey seed = PhiloxKey::mix(key);
    const std::lock_guard lock(generator_.mutex());
    seed_ = generator_.current_seed();
    offset_ = generator_.get_offset();
    generator_.set_current_seed(uint64_t{seed.high} << 32 | seed.low);  // begins at offset 0
  }

  ~SeededGenerator() {
    const std::lock_guard lock(generator_.mutex());
    generator_.set_current_seed(seed_);
    generator_.set_offset(offset_);
  }

  SeededGenerator(const SeededGenerator&) = delete;
  SeededGenerator& operator=(const SeededGenerator&) = delete;

 private:
  at::Generator generator_;
  uint64_t seed_, offset_;
};

/** Runs work with the generator that draws its dropout; without dropout nothing is drawn. */
template <typename Work>
auto withSeed(const PackedAttention& call, Work work) {
  if (call.p == 0) return work();
  const SeededGenerator seeded(call.key, call.qkv.device());
  return work();
}

/** Queries, keys and values [T, heads, head size], as views of qkv. */
std::vector<Tensor> viewsOf(const PackedAttention& call) {
  return call.qkv.view({-1, 3, call.heads, call.headSize()}).unbind(1);
}

/** The same, each without gaps: cuDNN's offsets of sequences count on that. One copy. */
std::vector<Tensor> copiesOf(const PackedAttention& call) {
  return call.qkv.view({-1, 3, call.heads, call.headSize()}).transpose(0, 1).contiguous().unbind(0);
}

/** [T, H] -> [T, heads, head size] */
Tensor split(const PackedAttention& call, const Tensor& rows) {
  return rows.contiguous().view({-1, call.heads, call.headSize()});
}

/** Gradients [T, heads, head size] of queries, keys and values -> [T, 3 * H] */
Tensor packGradients(const PackedAttention& call, const std::tuple<Tensor, Tensor, Tensor>& grads) {
  Tensor packed = at::empty_like(call.qkv);
  Tensor slices = packed.view({-1, 3, call.heads, call.headSize()});
  at::stack_out(slices, {std::get<0>(grads), std::get<1>(grads), std::get<2>(grads)}, 1);
  return packed;
}

Tensor orEmpty(const Tensor& state, const Tensor& like) {
  return state.defined() ? state : at::empty({0}, like.options().dtype(at::kLong));
}

}  // namespace

// The trailing arguments of LibTorch's signatures, whose number grows with its versions, keep their defaults.

AttentionResult flashForward(const PackedAttention& call) {
  const auto x = viewsOf(call);
  return withSeed(call, [&]() -> AttentionResult {
    const auto result = at::_flash_attention_forward(x[0], x[1], x[2], call.cuSeqlens, call.cuSeqlens, call.maxSeqlen,
                                                     call.maxSeqlen, call.p, call.causal, /*return_debug_mask=*/false);
    return {std::get<0>(result).flatten(1), std::get<1>(result), orEmpty(std::get<2>(result), call.qkv)};
  });
}

Tensor flashBackward(const PackedAttention& call, const Tensor& grad, const AttentionResult& forward) {
  const auto& [output, logSumExp, randomState] = forward;
  const auto x = viewsOf(call);
  const Tensor unused = at::empty({0}, call.qkv.options().dtype(at::kLong));
  return packGradients(call, at::_flash_attention_backward(split(call, grad), x[0], x[1], x[2], split(call, output),
                                                           logSumExp, call.cuSeqlens, call.cuSeqlens, call.maxSeqlen,
                                                           call.maxSeqlen, call.p, call.causal, randomState, unused));
}

AttentionResult cudnnForward(const PackedAttention& call) {
  const auto x = copiesOf(call);
  return withSeed(call, [&]() -> AttentionResult {
    const auto result = at::_cudnn_attention_forward(
        x[0], x[1], x[2], /*attn_bias=*/{}, call.cuSeqlens, call.cuSeqlens, call.maxSeqlen, call.maxSeqlen,
        /*compute_log_sumexp=*/true, call.p, call.causal, /*return_debug_mask=*/false);
    const Tensor &seed = std::get<6>(result), &offset = std::get<7>(result);
    const Tensor state = call.p > 0 ? at::stack({seed.reshape({}), offset.reshape({})}) : Tensor();
    return {std::get<0>(result).reshape({-1, call.heads * call.headSize()}), std::get<1>(result),
            orEmpty(state, call.qkv)};
  });
}

Tensor cudnnBackward(const PackedAttention& call, const Tensor& grad, const AttentionResult& forward) {
  const auto& [output, logSumExp, randomState] = forward;
  const auto x = copiesOf(call);
  const Tensor state = call.p > 0 ? randomState : at::empty({2}, call.qkv.options().dtype(at::kLong));
  return packGradients(
      call, at::_cudnn_attention_backward(split(call, grad), x[0], x[1], x[2], split(call, output), logSumExp,
                                          state.select(0, 0), state.select(0, 1), /*attn_bias=*/{}, call.cuSeqlens,
                                          call.cuSeqlens, call.maxSeqlen, call.maxSeqlen, call.p, call.causal));
}

}  // namespace libbert
