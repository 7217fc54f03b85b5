// add_scaled_segments_: x += factor * y, with a factor for each segment of flat buffers: LAMB's update.

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/library.h>

#include "element.h"
#include "segments.h"

namespace libbert {
namespace {

using at::Tensor;

struct AddScaled {
  template <int>
  static LIBBERT_INLINE void run(float* x, const float* y, int64_t count, float factor) {
#pragma omp simd
    for (int64_t i = 0; i < count; ++i) x[i] += factor * y[i];
  }
};

void addScaledSegments(const Tensor& x, const Tensor& y, const Tensor& offsets, const Tensor& factors) {
  checkScaledSegments(x, y, offsets, factors);
  const auto pieces = piecesOf(offsets, x.numel(), elementsPerThread);
  const double* factorOf = factors.const_data_ptr<double>();
  auto* sums = x.mutable_data_ptr<float>();
  const auto* addends = y.const_data_ptr<float>();
  at::parallel_for(0, static_cast<int64_t>(pieces.size()), 1, [&](int64_t first, int64_t end) {
    for (int64_t i = first; i < end; ++i) {
      const auto [segment, begin, count] = pieces[i];
      runKernel<AddScaled>(sums + begin, addends + begin, count, static_cast<float>(factorOf[segment]));
    }
  });
}

}  // namespace

TORCH_LIBRARY_IMPL(libbert, CPU, m) {
  m.impl("add_scaled_segments_", addScaledSegments);
}

}  // namespace libbert
