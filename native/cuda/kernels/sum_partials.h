// The second step of a sum over rows: partial sums [count, columns], added up in a fixed order and rounded once.

#pragma once

#include "row.h"

namespace libbert {

template <typename T>
struct SumPartialsKernel {
  using A = Accumulate<T>;
  static constexpr int warps = 8, threadsPerBlock = warps * warpSize, blocksAtOnce = 4;

  struct Arguments {
    const A* partials;
    T* sums;
    int64_t count;
    int columns;
  };

  struct Shared {
    A sums[warps][warpSize];
  };

  static int64_t blocksFor(int columns) {
    return (columns + warpSize - 1) / warpSize;
  }

  /** A block has a column for each lane; its warps share the partial sums. */
  template <typename Thread>
  static LIBBERT_DEVICE void run(const Thread& thread, const Arguments& x, Shared& shared) {
    const int64_t column = thread.block() * warpSize + thread.lane();
    A total = 0;
    if (column < x.columns) {
      for (int64_t i = thread.warp(); i < x.count; i += warps) total += x.partials[i * x.columns + column];
    }
    shared.sums[thread.warp()][thread.lane()] = total;
    thread.sync();
    if (thread.warp() > 0 || column >= x.columns) return;
    LIBBERT_UNROLL
    for (int warp = 1; warp < warps; ++warp) total += shared.sums[warp][thread.lane()];
    store(x.sums[column], total);
  }
};

}  // namespace libbert
