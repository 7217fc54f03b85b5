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

  AdamWStep(double learningRate, double beta1, double beta2, double eps, double weightDecay, double biasCorrection1,
            double biasCorrection2)
      : learningRate(static_cast<float>(learningRate)),
        beta1(static_cast<float>(beta1)),
        beta2(static_cast<float>(beta2)),
        oneMinusBeta1(static_cast<float>(1 - beta1)),
        oneMinusBeta2(static_cast<float>(1 - beta2)),
        eps(static_cast<float>(eps)),
        keep(static_cast<float>(1 - learningRate * weightDecay)),
        inverseCorrection1(static_cast<float>(1 / biasCorrection1)),
        inverseCorrection2(static_cast<float>(1 / biasCorrection2)) {}

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

}  // namespace libbert
