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

/** The share of a normal distribution that lies below x. `peak` = e^(-x^2 / 2) */
LIBBERT_INLINE float normalShareBelow(float x, float peak) {
  // To 1e-7 (Abramowitz and Stegun, 1964, 7.1.26).
  const float t = 1 / (1 + 0.3275911f * 0.70710678f * std::abs(x));
  float polynomial = 1.061405429f;
  polynomial = polynomial * t - 1.453152027f;
  polynomial = polynomial * t + 1.421413741f;
  polynomial = polynomial * t - 0.284496736f;
  polynomial = polynomial * t + 0.254829592f;
  const float tail = 0.5f * polynomial * t * peak;
  return x < 0 ? tail : 1 - tail;
}

LIBBERT_INLINE double normalShareBelow(double x, double /*peak*/) {
  return 0.5 * std::erfc(x * -0.70710678118654752);
}

template <typename A>
LIBBERT_INLINE A gelu(A x) {
  return x * normalShareBelow(x, exponential(x * x * A(-0.5)));
}

/** d gelu / dx: the share below x, and x times the density. */
template <typename A>
LIBBERT_INLINE A geluSlope(A x) {
  const A peak = exponential(x * x * A(-0.5));
  return normalShareBelow(x, peak) + x * A(0.39894228040143268) * peak;
}

/** 1 / (1 + e^-x). */
template <typename A>
LIBBERT_INLINE A sigmoid(A x) {
  return 1 / (1 + exponential(x > -87 ? -x : A(87)));
}

constexpr double geluTanhScale = 0.79788456080286536, geluTanhCubic = 0.044715;

/** tanh's approximation of GELU: with u its argument, 0.5 (1 + tanh u) = sigmoid(2u). */
template <typename A>
LIBBERT_INLINE A geluTanh(A x) {
  return x * sigmoid(A(2 * geluTanhScale) * (x + A(geluTanhCubic) * x * x * x));
}

template <typename A>
LIBBERT_INLINE A geluTanhSlope(A x) {
  const A share = sigmoid(A(2 * geluTanhScale) * (x + A(geluTanhCubic) * x * x * x));
  return share + x * share * (1 - share) * A(2 * geluTanhScale) * (1 + A(3 * geluTanhCubic) * x * x);
}

template <Activation activation, typename A>
LIBBERT_INLINE A activated(A x) {
  if constexpr (activation == Activation::gelu) return gelu(x);
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
