// adamw_: one AdamW step over flat buffers in one pass (Loshchilov and Hutter, "Decoupled weight decay regularization",
// 2019). BERT's own optimizer (Devlin et al., 2019) leaves the bias corrections out: pass 1 for both.

#include <ATen/ATen.h>
#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <torch/library.h>

#include <algorithm>
#include <cmath>

#include "adamw_step.h"
#include "arguments.h"
#include "element.h"

namespace libbert {
namespace {

using at::Tensor;

/** Most words of a vocabulary come up in no batch: their weights have neither gradient nor moments, and need no update. */
constexpr int64_t blockSize = 128;

// In all of this, weight may be master itself: no iteration reads what another one writes, so the loops are safe to
// vectorise.
template <typename Weight, typename Grad, bool zeroesGrad>
struct AdamWRange {
  template <int>
  static LIBBERT_INLINE void run(float* master, Weight* weight, Grad* grad, float* expAvg, float* expAvgSq,
                                 int64_t begin, int64_t end, AdamWStep step, float gradScale) {
    for (int64_t i = begin; i < end; i += blockSize) {
      const int64_t size = std::min(blockSize, end - i);
      if (isZero(grad + i, size) && isZero(expAvg + i, size) && isZero(expAvgSq + i, size)) {
        decay(master + i, weight + i, size, step.keep);
      } else {
        update(master + i, weight + i, grad + i, expAvg + i, expAvgSq + i, size, step, gradScale);
      }
    }
  }

  template <typename T>
  static LIBBERT_INLINE bool isZero(const T* values, int64_t size) {
    int others = 0;
#pragma omp simd reduction(+ : others)
    for (int64_t i = 0; i < size; ++i) others += load(values[i]) != 0;
    return others == 0;
  }

  static LIBBERT_INLINE void decay(float* master, Weight* weight, int64_t size, float keep) {
    if (keep == 1) return;
#pragma omp simd
    for (int64_t i = 0; i < size; ++i) {
      master[i] *= keep;
      store(weight[i], master[i]);
    }
  }

  static LIBBERT_INLINE void update(float* master, Weight* weight, Grad* grad, float* expAvg, float* expAvgSq,
                                    int64_t size, AdamWStep step, float gradScale) {
#pragma omp simd
    for (int64_t i = 0; i < size; ++i) {
      float m = expAvg[i], v = expAvgSq[i];
      const float updated = step.update(master[i], load(grad[i]) * gradScale, m, v);
      expAvg[i] = m;
      expAvgSq[i] = v;
      master[i] = updated;
      store(weight[i], updated);
      if constexpr (zeroesGrad) store(grad[i], 0);
    }
  }
};

void adamW(const Tensor& master, const Tensor& weight, const Tensor& grad, const Tensor& expAvg, const Tensor& expAvgSq,
           const Tensor& rates, double rateScale, double beta1, double beta2, double eps, double weightDecay,
           const Tensor& gradScale, bool zeroGrad) {
  const int64_t size = master.numel();
  checkAdamWBuffers(master, weight, grad, expAvg, expAvgSq);
  checkRates(rates);
  checkGradScale(gradScale);
  const float scale = *gradScale.const_data_ptr<float>();
  if (!std::isfinite(scale)) {
    if (zeroGrad) grad.zero_();
    return;
  }

  const AdamWStep step = AdamWSettings{rateScale, beta1, beta2, eps, weightDecay}.step(rates.const_data_ptr<double>());
  at::parallel_for(0, size, elementsPerThread, [&](int64_t begin, int64_t end) {
    const auto run = [&]<bool zeroesGrad, typename Weight, typename Grad>(Weight* weightData, Grad* gradData) {
      runKernel<AdamWRange<Weight, Grad, zeroesGrad>>(master.mutable_data_ptr<float>(), weightData, gradData,
                                                      expAvg.mutable_data_ptr<float>(),
                                                      expAvgSq.mutable_data_ptr<float>(), begin, end, step, scale);
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
