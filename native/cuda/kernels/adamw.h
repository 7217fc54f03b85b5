// One AdamW step over flat buffers in one pass, which leaves the gradient as zeros for the next if asked to.

#pragma once

#include <cmath>

#include "../../ops/adamw_step.h"
#include "pack.h"

namespace libbert {

/** So many elements that 16 bytes of the narrowest type are one access. */
constexpr int elementsPerStep = 8;

template <typename T>
struct alignas(bytesPerPack) Elements {
  T values[elementsPerStep];
};

template <typename Weight, typename Grad>
struct AdamWKernel {
  static constexpr int threadsPerBlock = 256, blocksAtOnce = 4;

  struct Arguments {
    float* master;
    Weight* weight;  // may be master
    Grad* grad;
    float *expAvg, *expAvgSq;
    int64_t count;
    AdamWSettings settings;
    const double* rates;     // as AdamWSettings::step() takes them
    const float* gradScale;  // where it is not finite, nothing is written but the gradient's zeros
    bool zeroesGrad;
  };

  struct Shared {
    AdamWStep step;
  };

  static int64_t blocksFor(int64_t count) {
    constexpr int64_t elementsPerBlock = threadsPerBlock * elementsPerStep;
    return (count + elementsPerBlock - 1) / elementsPerBlock;
  }

  template <typename Thread>
  static LIBBERT_DEVICE void run(const Thread& thread, const Arguments& x, Shared& shared) {
    if (thread.index() == 0) shared.step = x.settings.step(x.rates);
    thread.sync();
    const AdamWStep step = shared.step;
    const int64_t first = (thread.block() * threadsPerBlock + thread.index()) * elementsPerStep;
    const float gradScale = *x.gradScale;
    const bool isFinite = gradScale - gradScale == 0;
    if (first + elementsPerStep <= x.count) {
      if (isFinite) stepElements(x, step, first, gradScale);
      if (x.zeroesGrad) at<Grad>(x.grad, first) = Elements<Grad>{};
    } else {
      for (int64_t i = first; i < x.count; ++i) {
        if (isFinite) stepOne(x, step, i, gradScale);
        if (x.zeroesGrad) store(x.grad[i], 0);
      }
    }
  }

  template <typename T>
  static LIBBERT_DEVICE Elements<T>& at(T* buffer, int64_t first) {
    return *reinterpret_cast<Elements<T>*>(buffer + first);
  }

  static LIBBERT_DEVICE void stepElements(const Arguments& x, const AdamWStep& step, int64_t first, float gradScale) {
    auto master = at(x.master, first), expAvg = at(x.expAvg, first), expAvgSq = at(x.expAvgSq, first);
    const auto grad = at(x.grad, first);
    Elements<Weight> weight;
    LIBBERT_UNROLL
    for (int i = 0; i < elementsPerStep; ++i) {
      float& updated = master.values[i];
      updated = step.update(updated, load(grad.values[i]) * gradScale, expAvg.values[i], expAvgSq.values[i]);
      store(weight.values[i], updated);
    }
    at(x.master, first) = master;
    at(x.expAvg, first) = expAvg;
    at(x.expAvgSq, first) = expAvgSq;
    if (static_cast<void*>(x.weight) != x.master) at(x.weight, first) = weight;
  }

  static LIBBERT_DEVICE void stepOne(const Arguments& x, const AdamWStep& step, int64_t i, float gradScale) {
    const float updated = step.update(x.master[i], load(x.grad[i]) * gradScale, x.expAvg[i], x.expAvgSq[i]);
    x.master[i] = updated;
    store(x.weight[i], updated);
  }
};

}  // namespace libbert
