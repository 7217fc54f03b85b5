// sum_of_squares(flat): the sum of the squared elements in float64, as the norm of a flat gradient needs it.

#include <ATen/ATen.h>
#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <torch/library.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "arguments.h"
#include "element.h"

namespace libbert {
namespace {

/** Each chunk is summed by one thread, and the chunks in their order: the result does not depend on the thread count.
 */
constexpr int64_t chunkSize = 8192;

/** So many sums side by side that an addition need not wait for the one before it. */
constexpr int64_t lanes = 32;

template <typename T>
struct SumChunk {
  template <int>
  static LIBBERT_INLINE void run(const T* values, int64_t count, double* result) {
    double sums[lanes] = {};
    for (int64_t i = 0; i + lanes <= count; i += lanes) addSquares(values + i, lanes, sums);
    addSquares(values + count / lanes * lanes, count % lanes, sums);
    *result = std::accumulate(sums, sums + lanes, 0.0);
  }

  static LIBBERT_INLINE void addSquares(const T* values, int64_t count, double* sums) {
#pragma omp simd
    for (int64_t lane = 0; lane < count; ++lane) {
      const double value = load(values[lane]);
      sums[lane] += value * value;
    }
  }
};

at::Tensor sumOfSquares(const at::Tensor& flat) {
  checkFlat(flat);
  const int64_t chunks = (flat.numel() + chunkSize - 1) / chunkSize;
  std::vector<double> sums(chunks);
  AT_DISPATCH_FLOATING_TYPES_AND(at::kBFloat16, flat.scalar_type(), "sum_of_squares", [&] {
    const auto* values = flat.const_data_ptr<scalar_t>();
    at::parallel_for(0, chunks, 4, [&](int64_t begin, int64_t end) {
      for (int64_t chunk = begin; chunk < end; ++chunk) {
        const int64_t start = chunk * chunkSize;
        runKernel<SumChunk<scalar_t>>(values + start, std::min(chunkSize, flat.numel() - start), &sums[chunk]);
      }
    });
  });
  return at::scalar_tensor(std::accumulate(sums.begin(), sums.end(), 0.0), flat.options().dtype(at::kDouble));
}

}  // namespace

TORCH_LIBRARY_IMPL(libbert, CPU, m) {
  m.impl("sum_of_squares", sumOfSquares);
}

}  // namespace libbert
