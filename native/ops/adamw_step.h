// One weight's step of AdamW, on every device alike.

#pragma once

#include <cmath>
#include <limits>

#include "inline.h"

namespace libbert {

/**
 * The moments of a word that no longer comes up shrink until rounding to the smallest of numbers holds them there for
 * ever, and there are processors that take much longer for numbers below the normal range.
 */
LIBBERT_INLINE float normalOrZero(float x) {
  return std::abs(x) < std::numeric_limits<float>::min() ? 0 : x;
}

struct AdamWStep {
  float learningRate, beta1, beta2, oneMinusBeta1, oneMinusBeta2, eps, keep;  // keep: 1 - learningRate * weightDecay
  float inverseCorrection1, inverseCorrection2;

  /** Moves the moments by the gradient. Returns what the weight becomes. */
  LIBBERT_INLINE float update(float weight, float grad, float& expAvg, float& expAvgSq) const {
    const float m = normalOrZero(beta1 * expAvg + oneMinusBeta1 * grad);
    const float square = beta2 * expAvgSq + oneMinusBeta2 * grad * grad;
    const float v = m == 0 ? normalOrZero(square) : square;  // the update has v below m
    const float change = m * inverseCorrection1 / (std::sqrt(v * inverseCorrection2) + eps);
    expAvg = m;
    expAvgSq = v;
    return weight * keep - learningRate * change;
  }
};

/** What the steps of a run have in common. */
struct AdamWSettings {
  double rateScale, beta1, beta2, eps, weightDecay;

  /** @param rates the learning rate, and both bias corrections */
  LIBBERT_INLINE AdamWStep step(const double* rates) const {
    const double learningRate = rates[0] * rateScale;
    return {static_cast<float>(learningRate),
            static_cast<float>(beta1),
            static_cast<float>(beta2),
            static_cast<float>(1 - beta1),
            static_cast<float>(1 - beta2),
            static_cast<float>(eps),
            static_cast<float>(1 - learningRate * weightDecay),
            static_cast<float>(1 / rates[1]),
            static_cast<float>(1 / rates[2])};
  }
};

}  // namespace libbert
