// What the kernels ask of the tensors that they are given.

#pragma once

#include <ATen/OpMathType.h>
#include <ATen/core/Tensor.h>

#include "../ops/arguments.h"
#include "kernels/normalise.h"

namespace libbert {

/** Whether rows of such elements fit into a warp each, in whole packs; others are left to the compositions. */
inline bool rowFits(const at::Tensor& matrix) {
  const int64_t width = matrix.size(1), bytes = matrix.element_size();
  const int64_t computedBytes = c10::elementSize(at::toOpMathType(matrix.scalar_type()));
  return width > 0 && width * bytes % bytesPerPack == 0 && width * computedBytes <= widestRow<float> * 4;
}

/** The tensor, or a copy of it: contiguous, and where a pack may begin. */
inline at::Tensor packed(const at::Tensor& tensor) {
  const at::Tensor contiguous = tensor.contiguous();
  const auto address = reinterpret_cast<uintptr_t>(contiguous.const_data_ptr());
  return address % bytesPerPack == 0 ? contiguous : contiguous.clone();
}

/** The ids of a dropout mask, where the kernel reads them. */
inline std::optional<at::Tensor> onDeviceOf(const at::Tensor& input, const std::optional<at::Tensor>& rowIds) {
  if (!rowIds) return std::nullopt;
  return rowIds->to(input.device(), /*non_blocking=*/true);
}

}  // namespace libbert
