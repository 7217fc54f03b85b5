// adamw_: one AdamW step over flat buffers in one pass (Loshchilov and Hutter, "Decoupled weight decay regularization",
// 2019). BERT's own optimizer (Devlin et al., 2019) leaves the bias corrections out: pass 1 for both.

#include <ATen/ATen.h>
#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <torch/library.h>

#include <cmath>
#include <limits>

#include "arguments.h"
#include "element.h"

namespace libbert {
namespace {

using at::Tensor;

struct Step {
  float learningRate, beta1, beta2, oneMinusBeta1, oneMinusBeta2, eps, keep;  // keep: 1 - learningRate * weightDecay
  float inverseCorrection1, inverseCorrection2, gradScale;
};

/**
 * The moments of a word that no longer comes up shrink until rounding to the smallest of numbers holds them there for
 * ever, and there are processors that take much longer for numbers below the normal range.
 */
LIBBERT_INLINE float normalOrZero(float x) {
  return std::abs(x) < std::numeric_limits<float>::min() ? 0 : x;
}

template <typename Weight, typename Grad, bool zeroesGrad>
struct AdamWRange {
  template <int>
  static LIBBERT_INLINE void run(float* master, Weight* weight, Grad* grad, float* expAvg, float* expAvgSq,
                                 int64_t begin, int64_t end, Step step) {
    // weight may be master itself: no iteration reads what another one writes, so the loop is safe to vectorise.
#pragma omp simd
    for (int64_t i = begin; i < end; ++i) {
      const float g = load(grad[i]) * step.gradScale;
      const float m = normalOrZero(step.beta1 * expAvg[i] + step.oneMinusBeta1 * g);
      const float square = step.beta2 * expAvgSq[i] + step.oneMinusBeta2 * g * g;
      const float v = m == 0 ? normalOrZero(square) : square;  // the update has v below m
      const float update = m * step.inverseCorrection1 / (std::sqrt(v * step.inverseCorrection2) + step.eps);
      const float updated = master[i] * step.keep - step.learningRate * update;
      expAvg[i] = m;
      expAvgSq[i] = v;
      master[i] = updated;
      store(weight[i], updated);
      if constexpr (zeroesGrad) store(grad[i], 0);
    }
  }
};

void adamW(const Tensor& master, const Tensor& weight, const Tensor& grad, const Tensor& expAvg, const Tensor& expAvgSq,
           double learningRate, double beta1, double beta2, double eps, double weightDecay, double biasCorrection1,
           double biasCorrection2, const Tensor& gradScale, bool zeroGrad) {
  const int64_t size = master.numel();
  checkAdamWBuffers(master, weight, grad, expAvg, expAvgSq);
  checkBiasCorrections(biasCorrection1, biasCorrection2);
  checkGradScale(gradScale);
  const float scale = *gradScale.const_data_ptr<float>();
  if (!std::isfinite(scale)) {
    if (zeroGrad) grad.zero_();
    return;
  }

  const Step step{static_cast<float>(learningRate),
                  static_cast<float>(beta1),
                  static_cast<float>(beta2),
                  static_cast<float>(1 - beta1),
                  static_cast<float>(1 - beta2),
                  static_cast<float>(eps),
                  static_cast<float>(1 - learningRate * weightDecay),
                  static_cast<float>(1 / biasCorrection1),
                  static_cast<float>(1 / biasCorrection2),
                  scale};
  at::parallel_for(0, size, elementsPerThread, [&](int64_t begin, int64_t end) {
    const auto run = [&]<bool zeroesGrad, typename Weight, typename Grad>(Weight* weightData, Grad* gradData) {
      runKernel<AdamWRange<Weight, Grad, zeroesGrad>>(master.mutable_data_ptr<float>(), weightData, gradData,
                                                      expAvg.mutable_data_ptr<float>(),
                                                      expAvgSq.mutable_data_ptr<float>(), begin, end, step);
    };
    const auto runWithGrad = [&]<typename Weight, typename Grad>(Weight* weightData, Grad* gradData) {
      if (zeroGrad) {
        run.template operator()<true>(weightData, gradData);
      } else {
        run.template operator()<false>(weightData, gradData);
      }
    };
    const auto runWithWeight = [&]<typename Weight>(Weight* weightData) {
      if (grad.scalar_type() == at::kFloat) {
        runWithGrad(weightData, grad.mutable_data_ptr<float>());
      } else {
        runWithGrad(weightData, grad.mutable_data_ptr<at::BFloat16>());
      }
    };
    if (weight.scalar_type() == at::kFloat) {
      runWithWeight(weight.mutable_data_ptr<float>());
    } else {
      runWithWeight(weight.mutable_data_ptr<at::BFloat16>());
    }
  });
}

}  // namespace

TORCH_LIBRARY_IMPL(libbert, CPU, m) {
  m.impl("adamw_", adamW);
}

}  // namespace libbert
