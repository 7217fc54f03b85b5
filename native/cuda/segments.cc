// segment_sums_of_squares and add_scaled_segments_ on a GPU, with the kernels in kernels/segment_sums.h and
// kernels/add_scaled_segments.h.

#include "../ops/segments.h"

#include <ATen/DeviceGuard.h>
#include <ATen/ops/empty.h>

#include "compositions.h"
#include "kernel_choice.h"
#include "kernel_inputs.h"
#include "kernel_operators.h"
#include "kernels/add_scaled_segments.h"
#include "kernels/segment_sums.h"

namespace libbert {

using at::Tensor;

namespace {

Segments segmentsOf(const Tensor& offsets) {
  return {offsets.const_data_ptr<int64_t>(), offsets.size(0) - 1};
}

}  // namespace

Tensor segmentSumsOfSquares(const Tensor& flat, const Tensor& offsets) {
  checkSegments(flat, "flat", offsets);
  if (!isTaken(OwnKernels::segments)) return composeSegmentSumsOfSquares(flat, offsets);
  const c10::OptionalDeviceGuard guard(flat.device());
  const Segments segments = segmentsOf(offsets);
  const int64_t blocks = Segments::blocksFor(flat.numel(), segments.count);
  const auto doubles = flat.options().dtype(at::kDouble);
  const Tensor pieceSums = at::empty({blocks}, doubles), sums = at::empty({segments.count}, doubles);
  launch<PieceSumsKernel>(
      blocks, {flat.const_data_ptr<float>(), segments, pieceSums.mutable_data_ptr<double>(), flat.numel()});
  launch<SegmentSumsKernel>(segments.count,
                            {pieceSums.const_data_ptr<double>(), segments, sums.mutable_data_ptr<double>()});
  return sums;
}

void addScaledSegments(const Tensor& x, const Tensor& y, const Tensor& offsets, const Tensor& factors) {
  checkScaledSegments(x, y, offsets, factors);
  if (!isTaken(OwnKernels::segments) || !beginsPack(x) || !beginsPack(y))
    return composeAddScaledSegments(x, y, offsets, factors);
  const c10::OptionalDeviceGuard guard(x.device());
  const Segments segments = segmentsOf(offsets);
  launch<AddScaledSegmentsKernel>(Segments::blocksFor(x.numel(), segments.count),
                                  {x.mutable_data_ptr<float>(), y.const_data_ptr<float>(), segments,
                                   factors.const_data_ptr<double>(), x.numel()});
}

}  // namespace libbert
