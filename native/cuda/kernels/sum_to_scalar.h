// The sum of numbers in float64, in a fixed order: one block.

#pragma once

#include "kernel.h"

namespace libbert {

template <typename Number, typename Sum>
struct SumToScalarKernel {
  static constexpr int warps = 16, threadsPerBlock = warps * warpSize, blocksAtOnce = 1;

  struct Arguments {
    const Number* numbers;
    Sum* sum;
    int64_t count;
  };

  struct Shared {
    double sums[warps];
  };

  template <typename Thread>
  static LIBBERT_DEVICE void run(const Thread& thread, const Arguments& x, Shared& shared) {
    double total = 0;
    for (int64_t i = thread.index(); i < x.count; i += threadsPerBlock) total += x.numbers[i];
    const double ofBlock = sumOfBlock(thread, shared.sums, total);
    if (thread.index() == 0) *x.sum = static_cast<Sum>(ofBlock);
  }
};

}  // namespace libbert
