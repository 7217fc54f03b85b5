// varlen_attention's forward and backward pass on a GPU, by whichever implementation attention_choice.h names.

#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <optional>
#include <tuple>

namespace libbert {

std::tuple<at::Tensor, at::Tensor, at::Tensor> attentionForward(const at::Tensor& qkv, const at::Tensor& cuSeqlens,
                                                                int64_t maxSeqlen, int64_t heads, double p,
                                                                const std::optional<at::Tensor>& key,
                                                                const std::optional<at::Generator>& generator,
                                                                const std::optional<at::Tensor>& rowIds, bool causal);

at::Tensor attentionBackward(const at::Tensor& grad, const at::Tensor& qkv, const at::Tensor& output,
                             const at::Tensor& logSumExp, const at::Tensor& randomState, const at::Tensor& cuSeqlens,
                             int64_t maxSeqlen, int64_t heads, double p, const std::optional<at::Tensor>& key,
                             const std::optional<at::Tensor>& rowIds, bool causal);

}  // namespace libbert
