// varlen_attention in LibTorch's operators: the packed sequences are padded to one length, and batched products,
// softmax and dropout run over [B, heads, S, S]. Much memory and work, for what the fused kernels do not do (float32
// with dropout, float64, unusual head sizes) and for checking them. No step waits for the GPU: lengths are never read on the CPU.

#include <ATen/OpMathType.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/logsumexp.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/searchsorted.h>
#include <ATen/ops/stack.h>

#include <cmath>
#include <limits>
#include <vector>

#include "../ops/arguments.h"
#include "../ops/dropout_mask.h"
#include "compositions.h"
#include "drop_mask.h"

namespace libbert {
namespace {

using at::Tensor;

/** Where the tokens of a packed batch lie in [B, S] slots, S being the longest length. */
class Slots {
 public:
  Slots(const Tensor& cuSeqlens, int64_t tokens, int64_t longest, at::Device device)
      : sequences_(cuSeqlens.size(0) - 1), longest_(longest) {
    const Tensor offsets = cuSeqlens.to(device, at::kLong, /*non_blocking=*/true);
    const Tensor starts = offsets.narrow(0, 0, sequences_), ends = offsets.narrow(0, 1, sequences_);
    const Tensor position = at::arange(longest, offsets.options()), token = at::arange(tokens, offsets.options());
    used_ = position.lt(ends.sub(starts).unsqueeze(1));
    tokenOfSlot_ = starts.unsqueeze(1).add(position).clamp_max(tokens - 1).flatten();
    // The number of sequences that end at a token or before it is the index of its own.
    const Tensor sequence = at::searchsorted(ends.contiguous(), token, /*out_int32=*/false, /*right=*/true);
    slotOfToken_ = sequence.mul(longest).add(token).sub(starts.index_select(0, sequence));
  }

  /** [T, ...] -> [B, S, ...], zero in the slots without a token. */
  Tensor pad(const Tensor& packed) const {
    auto shape = packed.sizes().vec();
    shape[0] = longest_;
    shape.insert(shape.begin(), sequences_);
    const Tensor padded = packed.index_select(0, tokenOfSlot_).view(shape);
    std::vector<int64_t> broadcast(shape.size(), 1);
    broadcast[0] = sequences_, broadcast[1] = longest_;
    return padded.masked_fill(used_.logical_not().view(broadcast), 0);
  }

  /** [B, S, ...] -> [T, ...] */
  Tensor pack(const Tensor& padded) const {
    return padded.flatten(0, 1).index_select(0, slotOfToken_);
  }

  /** bool [B, 1, 1 or S, S]: the keys that a query does not see. */
  Tensor hidden(bool causal) const {
    const Tensor absent = used_.logical_not().view({sequences_, 1, 1, longest_});
    if (!causal) return absent;
    const Tensor position = at::arange(longest_, used_.options().dtype(at::kLong));
    return absent.logical_or(position.gt(position.unsqueeze(1)));
  }

 private:
  int64_t sequences_, longest_;
  Tensor used_;         // bool [B, S]
  Tensor tokenOfSlot_;  // int64 [B * S], some token where there is none
  Tensor slotOfToken_;  // int64 [T]
};

/** The heads of a padded batch and their attention weights, in the type that is computed in. */
struct Weights {
  Tensor query, keys, values;  // [B, heads, S, head size]; queries carry the scale
  Tensor scores;               // [B, heads, S, S], -inf where hidden
  Tensor probabilities;        // [B, heads, S, S], before dropout
};

Weights weightsOf(const Tensor& qkv, const Slots& slots, int64_t heads, bool causal) {
  const int64_t size = qkv.size(1) / (3 * heads);
  const Tensor padded = slots.pad(qkv.to(at::toOpMathType(qkv.scalar_type())).view({-1, 3, heads, size}));
  const auto parts = padded.permute({2, 0, 3, 1, 4}).unbind(0);
  const Tensor query = parts[0].div(std::sqrt(static_cast<double>(size)));
  const Tensor scores = at::matmul(query, parts[1].transpose(2, 3))
                            .masked_fill(slots.hidden(causal), -std::numeric_limits<double>::infinity());
  return {query, parts[1], parts[2], scores, scores.softmax(-1)};
}

/** x [B, heads, S, S] after dropout of the attention weights. */
Tensor droppedWeights(const Tensor& x, const Tensor& drop, double p) {
  return drop.defined() ? x.mul(keepScaleOf(p)).masked_fill(drop, 0) : x;
}

/** bool [B, heads, S, S], or undefined without dropout. */
Tensor drawWeights(const Slots& slots, double p, const std::optional<Tensor>& key, const std::optional<Tensor>& rowIds,
                   int64_t tokens, int64_t heads, int64_t longest, at::Device device) {
  if (p == 0) return {};
  return slots.pad(drawDropped({p, key, rowIds, tokens, heads, longest, device})).transpose(1, 2);
}

}  // namespace

void checkAttention(const Tensor& qkv, const Tensor& cuSeqlens, int64_t maxSeqlen, int64_t heads, double p,
                    const std::optional<Tensor>& key, const std::optional<Tensor>& rowIds) {
  checkPackedHeads(qkv, heads);
  checkDropout(p, key, rowIds, qkv.size(0));
  if (cuSeqlens.is_cpu()) {
    checkOffsets(cuSeqlens, qkv.size(0), maxSeqlen);
  } else {
    checkOffsetVector(cuSeqlens);
  }
}

std::tuple<Tensor, Tensor, Tensor> composeAttentionForward(const Tensor& qkv, const Tensor& cuSeqlens,
                                                           int64_t maxSeqlen, int64_t heads, double p,
                                                           const std::optional<Tensor>& key,
                                                           const std::optional<at::Generator>&,
                                                           const std::optional<Tensor>& rowIds, bool causal) {
  checkAttention(qkv, cuSeqlens, maxSeqlen, heads, p, key, rowIds);
  const int64_t tokens = qkv.size(0);
  const Tensor noState = at::empty({0}, qkv.options().dtype(at::kLong));
  const auto wide = qkv.options().dtype(at::toOpMathType(qkv.scalar_type()));
  if (tokens == 0) return {at::empty({0, qkv.size(1) / 3}, qkv.options()), at::empty({heads, 0}, wide), noState};

  const Slots slots(cuSeqlens, tokens, maxSeqlen, qkv.device());
  const Weights weights = weightsOf(qkv, slots, heads, causal);
  const Tensor drop = drawWeights(slots, p, key, rowIds, tokens, heads, maxSeqlen, qkv.device());
  const Tensor mixed = at::matmul(droppedWeights(weights.probabilities, drop, p), weights.values);
  const Tensor logSumExp = slots.pack(at::logsumexp(weights.scores, -1).transpose(1, 2)).t().contiguous();
  const Tensor output = slots.pack(mixed.transpose(1, 2)).flatten(1);
  return {output.to(qkv.scalar_type()), logSumExp, noState};
}

Tensor composeAttentionBackward(const Tensor& grad, const Tensor& qkv, const Tensor& output, const Tensor&,
                                const Tensor&, const Tensor& cuSeqlens, int64_t maxSeqlen, int64_t heads, double p,
                                const std::optional<Tensor>& key, const std::optional<Tensor>& rowIds, bool causal) {
  checkAttention(qkv, cuSeqlens, maxSeqlen, heads, p, key, rowIds);
  const int64_t tokens = qkv.size(0), size = qkv.size(1) / (3 * heads);
  if (tokens == 0) return at::empty_like(qkv);

  const Slots slots(cuSeqlens, tokens, maxSeqlen, qkv.device());
  const Weights weights = weightsOf(qkv, slots, heads, causal);
  const Tensor drop = drawWeights(slots, p, key, rowIds, tokens, heads, maxSeqlen, qkv.device());
  const auto headsOf = [&](const Tensor& packed) {
    return slots.pad(packed.to(weights.values.scalar_type()).reshape({tokens, heads, size})).transpose(1, 2);
  };
  // Padded queries have gradients of zero, so the weights that softmax gives them add nothing.
  const Tensor gradOutput = headsOf(grad);
  const Tensor delta = gradOutput.mul(headsOf(output)).sum(-1, /*keepdim=*/true);  // [B, heads, S, 1]
  const Tensor gradValues = at::matmul(droppedWeights(weights.probabilities, drop, p).transpose(2, 3), gradOutput);
  const Tensor gradWeights = droppedWeights(at::matmul(gradOutput, weights.values.transpose(2, 3)), drop, p);
  const Tensor gradScores = weights.probabilities.mul(gradWeights.sub(delta));
  const Tensor gradQuery = at::matmul(gradScores, weights.keys).div(std::sqrt(static_cast<double>(size)));
  const Tensor gradKeys = at::matmul(gradScores.transpose(2, 3), weights.query);
  const Tensor gradHeads = at::stack({gradQuery, gradKeys, gradValues}, 1);  // [B, 3, heads, S, head size]
  return slots.pack(gradHeads.permute({0, 3, 1, 2, 4})).flatten(1).to(qkv.scalar_type());
}

}  // namespace libbert
