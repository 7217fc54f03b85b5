// bert_embeddings_forward, sum_by_id and dropout on a GPU, with the kernels in kernels/embeddings_forward.h,
// kernels/sum_runs.h and kernels/dropout.h.

#include <ATen/DeviceGuard.h>
#include <ATen/Dispatch.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/sort.h>
#include <ATen/ops/zeros.h>

#include "compositions.h"
#include "kernel_choice.h"
#include "kernel_inputs.h"
#include "kernel_operators.h"
#include "kernels/dropout.h"
#include "kernels/embeddings_forward.h"
#include "kernels/sum_runs.h"

namespace libbert {
namespace {

using at::Tensor;

/** As the kernel reads them: the table in packs, and ids of int64. */
struct LookedUp {
  Tensor table, ids;

  LookedUp(const Tensor& table, const Tensor& ids) : table(packed(table)), ids(ids.to(at::kLong).contiguous()) {}

  template <typename T>
  Table<T> pointers() const {
    return {table.const_data_ptr<T>(), ids.const_data_ptr<int64_t>(), table.size(0)};
  }
};

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

std::tuple<Tensor, Tensor, Tensor, Tensor> bertEmbeddingsForward(
    const Tensor& words, const Tensor& wordIds, const Tensor& positions, const Tensor& positionIds,
    const std::optional<Tensor>& segments, const std::optional<Tensor>& segmentIds, const Tensor& weight,
    const Tensor& bias, double eps, double p, int64_t key, const std::optional<Tensor>& rowIds) {
  checkBertEmbeddings(words, wordIds, positions, positionIds, segments, segmentIds, weight, bias);
  const int64_t tokens = wordIds.numel();
  checkDropout(p, rowIds, tokens);
  if (!ownKernelsAreOn() || !rowFits(words)) {
    return composeBertEmbeddingsForward(words, wordIds, positions, positionIds, segments, segmentIds, weight, bias, eps,
                                        p, key, rowIds);
  }
  const c10::OptionalDeviceGuard guard(words.device());
  const int width = static_cast<int>(words.size(1));
  const LookedUp word(words, wordIds), position(positions, positionIds);
  const auto segment = segments ? std::optional<LookedUp>({*segments, *segmentIds}) : std::nullopt;
  const Tensor w = packed(weight), b = packed(bias);
  const Tensor sum = at::empty({tokens, width}, words.options()), output = at::empty_like(sum);
  const Tensor mean = at::empty({tokens}, words.options().dtype(at::toOpMathType(words.scalar_type())));
  const Tensor rstd = at::empty_like(mean);
  const auto ids = onDeviceOf(words, rowIds);
  const RowDropout dropout{p > 0, DropoutMask(p, key, dataOf(ids))};
  AT_DISPATCH_FLOATING_TYPES_AND(at::kBFloat16, words.scalar_type(), "bert_embeddings", [&] {
    using A = Accumulate<scalar_t>;
    const Normalised<scalar_t> normalised{w.const_data_ptr<scalar_t>(),
                                          b.const_data_ptr<scalar_t>(),
                                          output.mutable_data_ptr<scalar_t>(),
                                          mean.mutable_data_ptr<A>(),
                                          rstd.mutable_data_ptr<A>(),
                                          width,
                                          eps};
    launch<EmbeddingsForwardKernel<scalar_t>>(blocksOfRows(tokens),
                                              {word.pointers<scalar_t>(), position.pointers<scalar_t>(),
                                               segment ? segment->pointers<scalar_t>() : Table<scalar_t>(),
                                               sum.mutable_data_ptr<scalar_t>(), normalised, tokens, dropout});
  });
  return {output, sum, mean, rstd};
}

Tensor sumRowsById(const Tensor& rows, const Tensor& ids, int64_t count, int64_t skippedId) {
  checkSumById(rows, ids, count);
  if (!ownKernelsAreOn() || !isInPacks(rows)) return composeSumById(rows, ids, count, skippedId);
  const c10::OptionalDeviceGuard guard(rows.device());
  const Tensor r = packed(rows), sums = at::zeros({count, rows.size(1)}, rows.options());
  const auto [sortedIds, places] = at::sort(ids.to(at::kLong), /*stable=*/true, /*dim=*/0, /*descending=*/false);
  AT_DISPATCH_FLOATING_TYPES_AND(
      at::kBFloat16, rows.scalar_type(), "sum_by_id",
      [&, &sorted = sortedIds, &order = places] { sumRuns<scalar_t>(r, sorted, order, sums, skippedId); });
  return sums;
}

Tensor dropout(const Tensor& input, double p, int64_t key, const std::optional<Tensor>& rowIds) {
  checkMatrix(input);
  checkDropout(p, rowIds, input.size(0));
  if (p == 0 || !ownKernelsAreOn() || !isInPacks(input)) return composeDropout(input, p, key, rowIds);
  const c10::OptionalDeviceGuard guard(input.device());
  const Tensor x = packed(input), output = at::empty_like(x);
  const int64_t rows = input.size(0);
  const int width = static_cast<int>(input.size(1));
  const auto ids = onDeviceOf(input, rowIds);
  const RowDropout drop{true, DropoutMask(p, key, dataOf(ids))};
  AT_DISPATCH_FLOATING_TYPES_AND(at::kBFloat16, x.scalar_type(), "dropout", [&] {
    using Kernel = DropoutKernel<scalar_t>;
    launch<Kernel>(Kernel::blocksFor(rows, width),
                   {x.const_data_ptr<scalar_t>(), output.mutable_data_ptr<scalar_t>(), rows, width, drop});
  });
  return output;
}

}  // namespace libbert
