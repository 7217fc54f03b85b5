// What the autograd formulas of the operators share.

#pragma once

#include <torch/csrc/autograd/custom_function.h>

#include <optional>

#include "find_operator.h"

namespace libbert {

/** An optional tensor as save_for_backward returns it: undefined where there was none. */
inline std::optional<at::Tensor> savedOptional(const at::Tensor& saved) {
  return saved.defined() ? std::optional<at::Tensor>(saved) : std::nullopt;
}

}  // namespace libbert
