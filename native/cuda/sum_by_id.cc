// sum_by_id on a GPU, with the kernels in kernels/sum_runs.h.

#include <ATen/DeviceGuard.h>
#include <ATen/Dispatch.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/sort.h>
#include <ATen/ops/zeros.h>

#include "compositions.h"
#include "kernel_choice.h"
#include "kernel_inputs.h"
#include "kernel_operators.h"
#include "kernels/sum_runs.h"

namespace libbert {
namespace {

using at::Tensor;

/** rows [N, H] and the ids [N] of the runs in which they are summed; see kernels/sum_runs.h. */
template <typename T>
void sumRuns(const Tensor& rows, const Tensor& sortedIds, const Tensor& places, const Tensor& sums, int64_t skippedId) {
  using A = Accumulate<T>;
  const int64_t count = rows.size(0), chunks = Runs<T>::chunksOf(count);
  const int width = static_cast<int>(rows.size(1));
  const Tensor partials = at::empty({chunks, 2, width}, rows.options().dtype(c10::CppTypeToScalarType<A>::value));
  const Runs<T> runs{rows.const_data_ptr<T>(),
                     sortedIds.const_data_ptr<int64_t>(),
                     places.const_data_ptr<int64_t>(),
                     sums.mutable_data_ptr<T>(),
                     partials.mutable_data_ptr<A>(),
                     count,
                     sums.size(0),
                     skippedId,
                     width};
  const int64_t blocks = Runs<T>::blocksFor(count, width);
  launch<SumRunsKernel<T>>(blocks, runs);
  launch<AddRunsKernel<T>>(blocks, runs);
}

}  // namespace

Tensor sumRowsById(const Tensor& rows, const Tensor& ids, int64_t count, int64_t skippedId) {
  checkSumById(rows, ids, count);
  if (!isTaken(OwnKernels::sumById) || !isInPacks(rows)) return composeSumById(rows, ids, count, skippedId);
  const c10::OptionalDeviceGuard guard(rows.device());
  const Tensor r = aligned(rows), sums = at::zeros({count, rows.size(1)}, rows.options());
  const auto [sortedIds, places] = at::sort(ids.to(at::kLong), /*stable=*/true, /*dim=*/0, /*descending=*/false);
  AT_DISPATCH_FLOATING_TYPES_AND(
      at::kBFloat16, rows.scalar_type(), "sum_by_id",
      [&, &sorted = sortedIds, &order = places] { sumRuns<scalar_t>(r, sorted, order, sums, skippedId); });
  return sums;
}

}  // namespace libbert
