// Copies between devices.

#pragma once

#include <ATen/ATen.h>

namespace libbert {

/**
 * `x` on `device`, as `dtype`. A copy from the CPU to a GPU goes through pinned memory and does not wait for the GPU;
 * LibTorch's allocator of pinned memory keeps that until the copy is done, and `x` may change at once.
 */
inline at::Tensor toDevice(const at::Tensor& x, const at::Device& device, at::ScalarType dtype) {
  if (!x.is_cpu() || !device.is_cuda() || x.numel() == 0) return x.to(device, dtype);
  return x.contiguous().pin_memory().to(device, dtype, /*non_blocking=*/true);
}

}  // namespace libbert
