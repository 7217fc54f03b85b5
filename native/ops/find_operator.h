// An operator as the dispatcher knows it, so that the device of its arguments decides which kernel runs.

#pragma once

#include <ATen/core/dispatch/Dispatcher.h>

namespace libbert {

template <typename Signature>
c10::TypedOperatorHandle<Signature> findOperator(const char* name) {
  return c10::Dispatcher::singleton().findSchemaOrThrow(name, "").typed<Signature>();
}

}  // namespace libbert
