#include "fused_attention.h"

#include <ATen/core/Generator.h>
#include <ATen/ops/_cudnn_attention_backward.h>
#include <ATen/ops/_cudnn_attention_forward.h>
#include <ATen/ops/_efficient_attention_backward.h>
#include <ATen/ops/_efficient_attention_forward.h>
#include <ATen/ops/_flash_attention_backward.h>
#include <ATen/ops/_flash_attention_forward.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/stack.h>

#include <algorithm>
#include <vector>

#include "lent_state.h"

namespace libbert {
namespace {

using at::Tensor;

/** Runs work with the generator that draws its dropout; without dropout nothing is drawn. */
template <typename Work>
auto withGenerator(const PackedAttention& call, Work work) {
  if (call.p == 0) return work();
  TORCH_CHECK(call.generator, "Expected a generator on ", call.qkv.device(), " for generator but received none");
  const LentState lent(*call.generator);
  return work();
}

/** Queries, keys and values [T, heads, head size], as views of qkv. */
std::vector<Tensor> viewsOf(const PackedAttention& call) {
  return call.qkv.view({-1, 3, call.heads, call.headSize()}).unbind(1);
}

/** The same, each without gaps: varlen cuDNN's offsets of sequences count on that. One copy. */
std::vector<Tensor> copiesOf(const PackedAttention& call) {
  return call.qkv.view({-1, 3, call.heads, call.headSize()}).transpose(0, 1).contiguous().unbind(0);
}

/** [T, heads, head size] -> [B, heads, maxSeqlen, head size], of sequences that are all as long */
Tensor batched(const PackedAttention& call, const Tensor& x) {
  return x.unflatten(0, {call.sequences(), call.maxSeqlen}).transpose(1, 2);
}

/** The way back. */
Tensor unbatched(const Tensor& x) {
  return x.transpose(1, 2).flatten(0, 1);
}

/** [T, H] -> [T, heads, head size] */
Tensor split(const PackedAttention& call, const Tensor& rows) {
  return rows.contiguous().view({-1, call.heads, call.headSize()});
}

/** Gradients [T, heads, head size] of queries, keys and values -> [T, 3 * H] */
Tensor packGradients(const PackedAttention& call, const Tensor& query, const Tensor& keys, const Tensor& values) {
  Tensor packed = at::empty_like(call.qkv);
  Tensor slices = packed.view({-1, 3, call.heads, call.headSize()});
  at::stack_out(slices, {query, keys, values}, 1);
  return packed;
}

/** What stands for a generator's state where nothing was drawn. */
Tensor noState(const PackedAttention& call) {
  return at::empty({0}, call.qkv.options().dtype(at::kLong));
}

/**
 * cuDNN's seed and offset, from the results of its forward pass, as so many elements that begin with them. Its backward
 * pass wants some where nothing was drawn, too.
 */
template <typename Results>
Tensor cudnnState(const PackedAttention& call, const Results& results, int64_t size) {
  Tensor state = at::empty({size}, call.qkv.options().dtype(at::kLong));
  if (call.p == 0) return state;
  state.select(0, 0).copy_(std::get<6>(results).reshape({}));
  state.select(0, 1).copy_(std::get<7>(results).reshape({}));
  return state;
}

/** The size of a state that only dense cuDNN gives: the others' have at most 2 elements. */
constexpr int64_t denseCudnnStateSize = 3;

/** The memory-efficient kernels take packed sequences as one batch [1, T, heads, head size]. */
Tensor asOneBatch(const Tensor& x) {
  return x.unsqueeze(0);
}

/** What they take for maxSeqlen: not more than there are tokens. */
int64_t longestOf(const PackedAttention& call) {
  return std::min(call.maxSeqlen, call.qkv.size(0));
}

/** 1: a query sees the keys up to its own position. */
int64_t maskTypeOf(const PackedAttention& call) {
  return call.causal ? 1 : 0;
}

}  // namespace

// The trailing arguments of LibTorch's signatures, whose number grows with its versions, keep their defaults.

AttentionResult flashForward(const PackedAttention& call) {
  const auto x = viewsOf(call);
  return withGenerator(call, [&]() -> AttentionResult {
    const auto result = at::_flash_attention_forward(x[0], x[1], x[2], call.cuSeqlens, call.cuSeqlens, call.maxSeqlen,
                                                     call.maxSeqlen, call.p, call.causal, /*return_debug_mask=*/false);
    const Tensor& state = std::get<2>(result);
    return {std::get<0>(result).flatten(1), std::get<1>(result), state.defined() ? state : noState(call)};
  });
}

Tensor flashBackward(const PackedAttention& call, const Tensor& grad, const AttentionResult& forward) {
  const auto& [output, logSumExp, randomState] = forward;
  const auto x = viewsOf(call);
  const auto [query, keys, values] = at::_flash_attention_backward(
      split(call, grad), x[0], x[1], x[2], split(call, output), logSumExp, call.cuSeqlens, call.cuSeqlens,
      call.maxSeqlen, call.maxSeqlen, call.p, call.causal, randomState, /*unused=*/noState(call));
  return packGradients(call, query, keys, values);
}

AttentionResult denseCudnnForward(const PackedAttention& call) {
  const auto x = viewsOf(call);
  return withGenerator(call, [&]() -> AttentionResult {
    const auto result = at::_cudnn_attention_forward(
        batched(call, x[0]), batched(call, x[1]), batched(call, x[2]), /*attn_bias=*/{}, /*cum_seq_q=*/{},
        /*cum_seq_k=*/{}, call.maxSeqlen, call.maxSeqlen, /*compute_log_sumexp=*/true, call.p, call.causal,
        /*return_debug_mask=*/false);
    return {unbatched(std::get<0>(result)).flatten(1), std::get<1>(result),
            cudnnState(call, result, denseCudnnStateSize)};
  });
}

Tensor denseCudnnBackward(const PackedAttention& call, const Tensor& grad, const AttentionResult& forward) {
  const auto& [output, logSumExp, randomState] = forward;
  const auto x = viewsOf(call);
  const auto [query, keys, values] = at::_cudnn_attention_backward(
      batched(call, split(call, grad)), batched(call, x[0]), batched(call, x[1]), batched(call, x[2]),
      batched(call, split(call, output)), logSumExp, randomState.select(0, 0), randomState.select(0, 1),
      /*attn_bias=*/{},
      /*cum_seq_q=*/{}, /*cum_seq_k=*/{}, call.maxSeqlen, call.maxSeqlen, call.p, call.causal);
  return packGradients(call, unbatched(query), unbatched(keys), unbatched(values));
}

bool isOfDenseCudnn(const AttentionResult& forward) {
  return std::get<2>(forward).numel() == denseCudnnStateSize;
}

AttentionResult varlenCudnnForward(const PackedAttention& call) {
  const auto x = copiesOf(call);
  return withGenerator(call, [&]() -> AttentionResult {
    const auto result = at::_cudnn_attention_forward(
        x[0], x[1], x[2], /*attn_bias=*/{}, call.cuSeqlens, call.cuSeqlens, call.maxSeqlen, call.maxSeqlen,
        /*compute_log_sumexp=*/true, call.p, call.causal, /*return_debug_mask=*/false);
    return {std::get<0>(result).reshape({-1, call.heads * call.headSize()}), std::get<1>(result),
            cudnnState(call, result, 2)};
  });
}

Tensor varlenCudnnBackward(const PackedAttention& call, const Tensor& grad, const AttentionResult& forward) {
  const auto& [output, logSumExp, randomState] = forward;
  const auto x = copiesOf(call);
  const auto [query, keys, values] = at::_cudnn_attention_backward(
      split(call, grad), x[0], x[1], x[2], split(call, output), logSumExp, randomState.select(0, 0),
      randomState.select(0, 1),
      /*attn_bias=*/{}, call.cuSeqlens, call.cuSeqlens, call.maxSeqlen, call.maxSeqlen, call.p, call.causal);
  return packGradients(call, query, keys, values);
}

AttentionResult efficientForward(const PackedAttention& call) {
  const auto x = viewsOf(call);
  const int64_t longest = longestOf(call);
  const auto result = at::_efficient_attention_forward(asOneBatch(x[0]), asOneBatch(x[1]), asOneBatch(x[2]),
                                                       /*bias=*/{}, call.cuSeqlens, call.cuSeqlens, longest, longest,
                                                       /*dropout_p=*/0, maskTypeOf(call), /*compute_log_sumexp=*/true);
  return {std::get<0>(result).squeeze(0).flatten(1), std::get<1>(result), noState(call)};
}

Tensor efficientBackward(const PackedAttention& call, const Tensor& grad, const AttentionResult& forward) {
  const auto& [output, logSumExp, randomState] = forward;
  const auto x = viewsOf(call);
  const int64_t longest = longestOf(call);
  const auto [query, keys, values, bias] = at::_efficient_attention_backward(
      asOneBatch(split(call, grad)), asOneBatch(x[0]), asOneBatch(x[1]), asOneBatch(x[2]), /*bias=*/{},
      asOneBatch(split(call, output)), call.cuSeqlens, call.cuSeqlens, longest, longest, logSumExp, /*dropout_p=*/0,
      randomState, randomState, maskTypeOf(call), /*bias_requires_grad=*/false);
  return packGradients(call, query.squeeze(0), keys.squeeze(0), values.squeeze(0));
}

}  // namespace libbert
