// Dropout's decisions as a tensor, for compositions of LibTorch's operators: the same as ops/dropout_mask.h draws for
// the CPU's kernels.

#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

namespace libbert {

struct DropRequest {
  double p;
  const std::optional<at::Tensor>& key;     // one int64
  const std::optional<at::Tensor>& rowIds;  // [rows], or none where row t has id t
  int64_t rows, planes, columns;
  at::Device device;
};

/**
 * bool [rows, planes, columns], true where dropout drops. The library that links the compositions decides how it is
 * drawn: native/cuda/draw_dropped.cc, or the test's test/native/compositions.cc.
 */
at::Tensor drawDropped(const DropRequest& request);

/** The same in LibTorch's operators on int64 tensors: slow, but right on every device. */
at::Tensor composeDropped(const DropRequest& request);

}  // namespace libbert
