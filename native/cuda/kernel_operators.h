// The operators as libbert_cuda.so registers them: our own kernels, or the compositions where those do not serve.

#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <tuple>

namespace libbert {

at::Tensor linearGradients(const at::Tensor& weightGradient, const at::Tensor& grad, const at::Tensor& input);

std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor> bertEmbeddingsForward(
    const at::Tensor& words, const at::Tensor& wordIds, const at::Tensor& positions, const at::Tensor& positionIds,
    const std::optional<at::Tensor>& segments, const std::optional<at::Tensor>& segmentIds, const at::Tensor& weight,
    const at::Tensor& bias, double eps, double p, const std::optional<at::Tensor>& key,
    const std::optional<at::Tensor>& rowIds);

at::Tensor sumRowsById(const at::Tensor& rows, const at::Tensor& ids, int64_t count, int64_t skippedId);

std::tuple<at::Tensor, at::Tensor> geluBackward(const at::Tensor& grad, const at::Tensor& x, bool tanh);

at::Tensor dropout(const at::Tensor& input, double p, const std::optional<at::Tensor>& key,
                   const std::optional<at::Tensor>& rowIds);

std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor> layerNormForward(
    const at::Tensor& input, const at::Tensor& residual, const at::Tensor& weight, const at::Tensor& bias, double eps,
    double p, const std::optional<at::Tensor>& key, const std::optional<at::Tensor>& rowIds);

std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor> layerNormBackward(
    const at::Tensor& grad, const at::Tensor& sum, const at::Tensor& mean, const at::Tensor& rstd,
    const at::Tensor& weight, double p, const std::optional<at::Tensor>& key, const std::optional<at::Tensor>& rowIds);

std::tuple<at::Tensor, at::Tensor> crossEntropySumForward(const at::Tensor& logits, const at::Tensor& targets);

void crossEntropySumBackward(const at::Tensor& grad, const at::Tensor& logits, const at::Tensor& targets,
                             const at::Tensor& logSumExp);

void adamW(const at::Tensor& master, const at::Tensor& weight, const at::Tensor& grad, const at::Tensor& expAvg,
           const at::Tensor& expAvgSq, const at::Tensor& rates, double rateScale, double beta1, double beta2,
           double eps, double weightDecay, const at::Tensor& gradScale, bool zeroGrad);

at::Tensor sumOfSquares(const at::Tensor& flat);

at::Tensor segmentSumsOfSquares(const at::Tensor& flat, const at::Tensor& offsets);

void addScaledSegments(const at::Tensor& x, const at::Tensor& y, const at::Tensor& offsets, const at::Tensor& factors);

}  // namespace libbert
