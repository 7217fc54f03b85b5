// What the autograd formulas of the operators share.

#pragma once

#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/csrc/autograd/custom_function.h>

#include <optional>

namespace libbert {

/** An operator as the dispatcher knows it, so that the device of its arguments decides which kernel runs. */
template <typename Signature>
c10::TypedOperatorHandle<Signature> findOperator(const char* name) {
  return c10::Dispatcher::singleton().findSchemaOrThrow(name, "").typed<Signature>();
}

/** An optional tensor as save_for_backward returns it: undefined where there was none. */
inline std::optional<at::Tensor> savedOptional(const at::Tensor& saved) {
  return saved.defined() ? std::optional<at::Tensor>(saved) : std::nullopt;
}

}  // namespace libbert
