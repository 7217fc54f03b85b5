// sum_by_id(rows, ids, count, skipped_id): the gradient of a table [count, H] from those of the rows that were looked
// up in it. Each row of the table is summed in float32 (float64 of float64) and rounded once, however often it was
// looked up. The result is sparse: a batch touches a few thousand rows of some 30,000, and only those are added to the
// parameter's gradient.

#include <ATen/ATen.h>
#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <torch/library.h>

#include <algorithm>
#include <vector>

#include "arguments.h"
#include "element.h"

namespace libbert {
namespace {

using at::Tensor;

/** The places of each id, in their order: id ids[g] stands at places[starts[g]] to places[starts[g + 1] - 1]. */
struct Groups {
  std::vector<int64_t> ids, starts, places;
};

/** Sorts by counting. */
Groups groupById(const int64_t* ids, int64_t size, int64_t count, int64_t skippedId) {
  std::vector<int64_t> next(count);  // how often each id comes, then where its next place goes
  for (int64_t i = 0; i < size; ++i) ++next[ids[i]];
  if (skippedId >= 0 && skippedId < count) next[skippedId] = 0;
  Groups groups;
  int64_t total = 0;
  for (int64_t id = 0; id < count; ++id) {
    if (next[id] == 0) continue;
    groups.ids.push_back(id);
    groups.starts.push_back(total);
    total += next[id];
    next[id] = groups.starts.back();
  }
  groups.starts.push_back(total);
  groups.places.resize(total);
  for (int64_t i = 0; i < size; ++i) {
    if (ids[i] != skippedId) groups.places[next[ids[i]]++] = i;
  }
  return groups;
}

/** What one thread sums at once: the accumulators stay in the first cache. */
constexpr int64_t widestStrip = 256;

/** A cache line of bfloat16: two threads write to none together. */
constexpr int64_t columnsPerBlock = 32;

/** Sums [groups, width], of the columns from `begin` to before `end`. */
template <typename T>
struct SumGroups {
  template <int>
  static LIBBERT_INLINE void run(T* sums, const T* rows, const Groups* groups, int64_t begin, int64_t end,
                                 int64_t width) {
    const int64_t* starts = groups->starts.data();
    const int64_t* places = groups->places.data();
    const int64_t size = groups->ids.size();
    for (int64_t first = begin; first < end; first += widestStrip) {
      const int64_t count = std::min(widestStrip, end - first);
      for (int64_t group = 0; group < size; ++group) {
        Accumulate<T> total[widestStrip] = {};
        for (int64_t i = starts[group]; i < starts[group + 1]; ++i) {
          const T* row = rows + places[i] * width + first;
          asm volatile("");  // or GCC joins pairs of rows, and does not vectorise the loop over both
#pragma omp simd
          for (int64_t column = 0; column < count; ++column) total[column] += load(row[column]);
        }
        T* sum = sums + group * width + first;
#pragma omp simd
        for (int64_t column = 0; column < count; ++column) store(sum[column], total[column]);
      }
    }
  }
};

/** Threads share the columns, not the ids: one id may have half of all rows. Each sum runs over its rows in order. */
Tensor sumGroups(const Tensor& rows, const Groups& groups) {
  const int64_t width = rows.size(1), size = groups.places.size();
  Tensor sums = at::empty({static_cast<int64_t>(groups.ids.size()), width}, rows.options());
  const int64_t blocks = (width + columnsPerBlock - 1) / columnsPerBlock;
  AT_DISPATCH_FLOATING_TYPES_AND(at::kBFloat16, rows.scalar_type(), "sum_by_id", [&] {
    at::parallel_for(0, blocks, elementsPerThread / (columnsPerBlock * size + 1) + 1, [&](int64_t begin, int64_t end) {
      runKernel<SumGroups<scalar_t>>(sums.mutable_data_ptr<scalar_t>(), rows.const_data_ptr<scalar_t>(), &groups,
                                     begin * columnsPerBlock, std::min(end * columnsPerBlock, width), width);
    });
  });
  return sums;
}

Tensor sumByIdCpu(const Tensor& rows, const Tensor& ids, int64_t count, int64_t skippedId) {
  checkSumById(rows, ids, count);
  const Tensor wideIds = ids.to(at::kLong).contiguous();
  checkRange(wideIds, count);
  const Groups groups = groupById(wideIds.const_data_ptr<int64_t>(), ids.numel(), count, skippedId);
  const Tensor sums = sumGroups(rows.contiguous(), groups);
  const Tensor indices = at::tensor(groups.ids, at::kLong).view({1, -1});
  return at::_sparse_coo_tensor_unsafe(indices, sums, {count, rows.size(1)}, rows.options().layout(at::kSparse),
                                       /*is_coalesced=*/true);
}

}  // namespace

TORCH_LIBRARY_IMPL(libbert, CPU, m) {
  m.impl("sum_by_id", sumByIdCpu);
}

}  // namespace libbert
