// sum_of_squares(flat): the sum of the squared elements in float64, as the norm of a flat gradient needs it; and
// segment_sums_of_squares(flat, offsets): the same of each segment of the buffer, as LAMB needs it.

#include <ATen/ATen.h>
#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <torch/library.h>

#include <numeric>
#include <vector>

#include "element.h"
#include "segments.h"

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

/** float64 [segments], of a buffer on the CPU. */
template <typename T>
at::Tensor sumPieces(const T* values, const std::vector<FlatPiece>& pieces, int64_t segments) {
  std::vector<double> sums(pieces.size());
  at::parallel_for(0, static_cast<int64_t>(pieces.size()), 4, [&](int64_t first, int64_t end) {
    for (int64_t i = first; i < end; ++i)
      runKernel<SumChunk<T>>(values + pieces[i].begin, pieces[i].count, &sums[i]);
  });
  const at::Tensor result = at::zeros({segments}, at::kDouble);
  auto* totals = result.mutable_data_ptr<double>();
  for (size_t i = 0; i < pieces.size(); ++i) totals[pieces[i].segment] += sums[i];
  return result;
}

at::Tensor sumOfSquares(const at::Tensor& flat) {
  checkFlat(flat);
  const at::Tensor whole = at::tensor({int64_t{0}, flat.numel()});
  const auto pieces = piecesOf(whole, flat.numel(), chunkSize);
  return AT_DISPATCH_FLOATING_TYPES_AND(at::kBFloat16, flat.scalar_type(), "sum_of_squares", [&] {
    return sumPieces(flat.const_data_ptr<scalar_t>(), pieces, 1).squeeze(0);
  });
}

at::Tensor segmentSumsOfSquares(const at::Tensor& flat, const at::Tensor& offsets) {
  checkSegments(flat, "flat", offsets);
  return sumPieces(flat.const_data_ptr<float>(), piecesOf(offsets, flat.numel(), chunkSize), offsets.size(0) - 1);
}

}  // namespace

TORCH_LIBRARY_IMPL(libbert, CPU, m) {
  m.impl("sum_of_squares", sumOfSquares);
  m.impl("segment_sums_of_squares", segmentSumsOfSquares);
}

}  // namespace libbert
