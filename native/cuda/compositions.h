// The operators as compositions of LibTorch's own: what libbert_cuda.so takes where it has no kernel, or none that
// serves. Nothing in them depends on the device, so the tests run them on the CPU, instead of the CPU's kernels
// (test/native/compositions.cc).

#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <optional>
#include <tuple>

namespace libbert {

at::Tensor composeSumById(const at::Tensor& rows, const at::Tensor& ids, int64_t count, int64_t skippedId);

std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor> composeBertEmbeddingsForward(
    const at::Tensor& words, const at::Tensor& wordIds, const at::Tensor& positions, const at::Tensor& positionIds,
    const std::optional<at::Tensor>& segments, const std::optional<at::Tensor>& segmentIds, const at::Tensor& weight,
    const at::Tensor& bias, double eps, double p, const std::optional<at::Tensor>& key,
    const std::optional<at::Tensor>& rowIds);

at::Tensor composeLinearGradients(const at::Tensor& weightGradient, const at::Tensor& grad, const at::Tensor& input);

at::Tensor composeGelu(const at::Tensor& x, bool tanh);

std::tuple<at::Tensor, at::Tensor> composeGeluBackward(const at::Tensor& grad, const at::Tensor& x, bool tanh);

at::Tensor composeDropout(const at::Tensor& input, double p, const std::optional<at::Tensor>& key,
                          const std::optional<at::Tensor>& rowIds);

std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor> composeDropoutAddLayerNormForward(
    const at::Tensor& input, const at::Tensor& residual, const at::Tensor& weight, const at::Tensor& bias, double eps,
    double p, const std::optional<at::Tensor>& key, const std::optional<at::Tensor>& rowIds);

std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor> composeDropoutAddLayerNormBackward(
    const at::Tensor& grad, const at::Tensor& sum, const at::Tensor& mean, const at::Tensor& rstd,
    const at::Tensor& weight, double p, const std::optional<at::Tensor>& key, const std::optional<at::Tensor>& rowIds);

std::tuple<at::Tensor, at::Tensor, at::Tensor> composeAttentionForward(
    const at::Tensor& qkv, const at::Tensor& cuSeqlens, int64_t maxSeqlen, int64_t heads, double p,
    const std::optional<at::Tensor>& key, const std::optional<at::Generator>& generator,
    const std::optional<at::Tensor>& rowIds, bool causal);

at::Tensor composeAttentionBackward(const at::Tensor& grad, const at::Tensor& qkv, const at::Tensor& output,
                                    const at::Tensor& logSumExp, const at::Tensor& randomState,
                                    const at::Tensor& cuSeqlens, int64_t maxSeqlen, int64_t heads, double p,
                                    const std::optional<at::Tensor>& key, const std::optional<at::Tensor>& rowIds,
                                    bool causal);

std::tuple<at::Tensor, at::Tensor> composeCrossEntropySumForward(const at::Tensor& logits, const at::Tensor& targets);

void composeCrossEntropySumBackward(const at::Tensor& grad, const at::Tensor& logits, const at::Tensor& targets,
                                    const at::Tensor& logSumExp);

void composeAdamW(const at::Tensor& master, const at::Tensor& weight, const at::Tensor& grad, const at::Tensor& expAvg,
                  const at::Tensor& expAvgSq, const at::Tensor& rates, double rateScale, double beta1, double beta2,
                  double eps, double weightDecay, const at::Tensor& gradScale, bool zeroGrad);

at::Tensor composeSumOfSquares(const at::Tensor& flat);

at::Tensor composeSegmentSumsOfSquares(const at::Tensor& flat, const at::Tensor& offsets);

void composeAddScaledSegments(const at::Tensor& x, const at::Tensor& y, const at::Tensor& offsets,
                              const at::Tensor& factors);

/** Refuses what attention cannot use; offsets that lie on a GPU are not read, which would wait for it. */
void checkAttention(const at::Tensor& qkv, const at::Tensor& cuSeqlens, int64_t maxSeqlen, int64_t heads, double p,
                    const std::optional<at::Tensor>& key, const std::optional<at::Tensor>& rowIds);

}  // namespace libbert
