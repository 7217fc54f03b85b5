// Elements as kernels see them: stored as float, bfloat16 or double, computed as float or double. The conversions are
// written without branches so that loops over them vectorise.

#pragma once

#include <ATen/OpMathType.h>
#include <c10/util/BFloat16.h>

#include <bit>
#include <cstdint>

#include "cpu_dispatch.h"

namespace libbert {

/** The type to compute in: float for float and bfloat16, double for double. */
template <typename T>
using Accumulate = at::opmath_type<T>;

template <typename T>
LIBBERT_INLINE Accumulate<T> load(const T& value) {
  return value;
}

LIBBERT_INLINE float load(const c10::BFloat16& value) {
  return std::bit_cast<float>(static_cast<uint32_t>(value.x) << 16);
}

template <typename T>
LIBBERT_INLINE void store(T& target, Accumulate<T> value) {
  target = value;
}

/** Rounds to nearest, ties to even. */
LIBBERT_INLINE void store(c10::BFloat16& target, float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const uint32_t rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
  target.x = static_cast<uint16_t>(value == value ? rounded : 0x7fc0u);
}

/** Elements a thread should have at least, so that starting it pays. */
constexpr int64_t elementsPerThread = 16384;

}  // namespace libbert
