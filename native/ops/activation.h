// The activations that a product can apply to what it gives, in forms that vectorise.

#pragma once

#include <c10/util/Exception.h>

#include <cmath>
#include <string_view>

#include "exponential.h"

namespace libbert {

enum class Activation { none, gelu, geluTanh, relu };

inline Activation activationFromName(std::string_view name) {
  if (name == "none") return Activation::none;
  if (name == "gelu") return Activation::gelu;
  if (name == "gelu_tanh") return Activation::geluTanh;
  if (name == "relu") return Activation::relu;
  TORCH_CHECK(false, "Expected none, gelu, gelu_tanh or relu for activation but received '", name, "'");
}

/** The share of a normal distribution that lies below x, to 1e-7 (Abramowitz and Stegun, 1964, 7.1.26). */
LIBBERT_INLINE float normalShareBelow(float x) {
  const float z = std::abs(x) * 0.70710678f;
  const float t = 1 / (1 + 0.3275911f * z);
  float polynomial = 1.061405429f;
  polynomial = polynomial * t - 1.453152027f;
  polynomial = polynomial * t + 1.421413741f;
  polynomial = polynomial * t - 0.284496736f;
  polynomial = polynomial * t + 0.254829592f;
  const float tail = 0.5f * polynomial * t * exponential(-z * z);
  return x < 0 ? tail : 1 - tail;
}

/** tanh's approximation of GELU: 0.5 (1 + tanh u) = 1 / (1 + e^-2u). */
LIBBERT_INLINE float geluTanh(float x) {
  const float u = 0.79788456f * (x + 0.044715f * x * x * x);
  const float exponent = -2 * u < 87 ? -2 * u : 87;
  return x / (1 + exponential(exponent));
}

template <Activation activation>
LIBBERT_INLINE float activated(float x) {
  if constexpr (activation == Activation::gelu) return x * normalShareBelow(x);
  if constexpr (activation == Activation::geluTanh) return geluTanh(x);
  if constexpr (activation == Activation::relu) return x < 0 ? 0 : x;
  return x;
}

/** Calls `run`, a template over the activation, with the one that is asked for. */
template <typename Run>
void withActivation(Activation activation, Run run) {
  switch (activation) {
    case Activation::none:
      return run.template operator()<Activation::none>();
    case Activation::gelu:
      return run.template operator()<Activation::gelu>();
    case Activation::geluTanh:
      return run.template operator()<Activation::geluTanh>();
    case Activation::relu:
      return run.template operator()<Activation::relu>();
  }
}

}  // namespace libbert
