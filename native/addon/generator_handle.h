// A generator of random numbers in JavaScript's hands.

#pragma once

#include <ATen/core/Generator.h>

#include "shared_handle.h"

namespace libbert {

template <>
struct HandleOf<at::Generator> {
  static constexpr const char* name = "GeneratorHandle";
  static constexpr napi_type_tag tag = {0x3f2b8d6c51a94e07, 0x9c64e0b7d2581fa3};
};

}  // namespace libbert
