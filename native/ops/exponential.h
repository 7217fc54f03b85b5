// e^x in a form that vectorises; the C library's is a call per element.

#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#include "cpu_dispatch.h"

namespace libbert {

/** e^x for x < 88, to about 1e-7 of the value; 0 where that would be less than the smallest normal number. */
LIBBERT_INLINE float exponential(float x) {
  // x = n ln 2 + r with |r| <= ln 2 / 2. Adding 1.5 * 2^23 leaves the nearest integer in the low bits.
  constexpr float log2e = 1.44269504f, roundToInteger = 12582912.0f;
  constexpr float ln2High = 0.693359375f, ln2Low = -2.12194440e-4f;  // the high part has few bits: n * ln2High is exact
  const float clamped = x < -87.3f ? -87.3f : x;
  const float shifted = clamped * log2e + roundToInteger;
  const float n = shifted - roundToInteger;
  const float r = (clamped - n * ln2High) - n * ln2Low;
  // The Taylor series to r^7 / 7!, whose remainder at |r| = ln 2 / 2 is 5e-9.
  float e = 1.0f / 5040;
  e = e * r + 1.0f / 720;
  e = e * r + 1.0f / 120;
  e = e * r + 1.0f / 24;
  e = e * r + 1.0f / 6;
  e = e * r + 0.5f;
  e = e * r + 1.0f;
  e = e * r + 1.0f;
  const int32_t exponent = std::bit_cast<int32_t>(shifted) - std::bit_cast<int32_t>(roundToInteger);
  const float power = std::bit_cast<float>((exponent + 127) << 23);
  return x < -87.3f ? 0.0f : e * power;
}

LIBBERT_INLINE double exponential(double x) {
  return std::exp(x);
}

}  // namespace libbert
