// What the kernels ask of the tensors that they are given.

#pragma once

#include <ATen/OpMathType.h>
#include <ATen/core/Tensor.h>

#include "../ops/arguments.h"
#include "kernels/normalise.h"

namespace libbert {

/** Whether each row is some whole packs; others are left to the compositions. */
inline bool isInPacks(const at::Tensor& matrix) {
  const int64_t bytes = matrix.size(1) * static_cast<int64_t>(matrix.element_size());
  return bytes > 0 && bytes % bytesPerPack == 0 && matrix.size(1) <= INT32_MAX / 2;
}

/** Whether a warp has registers for a row, too. */
inline bool rowFits(const at::Tensor& matrix) {
  const int64_t widest = matrix.scalar_type() == at::kDouble ? widestRow<double> : widestRow<float>;
  return isInPacks(matrix) && matrix.size(1) <= widest;
}

/** Whether a pack may begin where the tensor does. */
inline bool beginsPack(const at::Tensor& tensor) {
  return reinterpret_cast<uintptr_t>(tensor.const_data_ptr()) % bytesPerPack == 0;
}

/** The tensor, or a copy of it: contiguous, and where a pack may begin. */
inline at::Tensor aligned(const at::Tensor& tensor) {
  const at::Tensor contiguous = tensor.contiguous();
  return beginsPack(contiguous) ? contiguous : contiguous.clone();
}

/** The key or the ids of a dropout mask, where the kernel reads them. */
inline std::optional<at::Tensor> onDeviceOf(const at::Tensor& input, const std::optional<at::Tensor>& numbers) {
  if (!numbers) return std::nullopt;
  return numbers->to(input.device(), /*non_blocking=*/true);
}

}  // namespace libbert
