// Matrix products of linear layers, each by the faster library for this processor and data type.

#pragma once

#include <ATen/ATen.h>

#include <optional>

namespace libbert {

/** x w^T + bias: [M, K] x [N, K] -> [M, N]. Either matrix may be a transposed view. */
at::Tensor productWithTransposed(const at::Tensor& x, const at::Tensor& w, const std::optional<at::Tensor>& bias);

/** sum += x w^T, in place: sum [M, N]. */
void addProductWithTransposed(const at::Tensor& sum, const at::Tensor& x, const at::Tensor& w);

}  // namespace libbert
