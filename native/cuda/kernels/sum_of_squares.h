// The squares of a flat buffer, summed in float64: a sum for each chunk, which SumToScalarKernel (sum_to_scalar.h) adds
// up.

#pragma once

#include "long_row.h"

namespace libbert {

/** A thread's part of the squares of elements that its block sums up. */
template <int threadsPerBlock, typename T, typename Thread>
LIBBERT_DEVICE double shareOfSquares(const Thread& thread, const T* elements, int64_t count) {
  double total = 0;
  const auto add = [&](const T& element) {
    const double value = load(element);
    total += value * value;
  };
  LongRow<const T>(elements, count)
      .template share<threadsPerBlock>(
          thread,
          [&](int64_t i) {
            const Pack<T> pack = readPack(elements + i);
            LIBBERT_UNROLL
            for (int k = 0; k < packSize<T>; ++k) add(pack.values[k]);
          },
          [&](int64_t i) { add(elements[i]); });
  return total;
}

template <typename T>
struct SumOfSquaresKernel {
  static constexpr int warps = 8, threadsPerBlock = warps * warpSize, blocksAtOnce = 6;

  /** Whatever the GPU, so that all of them give the same bits. */
  static constexpr int64_t elementsPerBlock = 1 << 16;

  struct Arguments {
    const T* flat;
    double* sums;  // [blocks]
    int64_t count;
  };

  struct Shared {
    double sums[warps];
  };

  static int64_t blocksFor(int64_t count) {
    return (count + elementsPerBlock - 1) / elementsPerBlock;
  }

  template <typename Thread>
  static LIBBERT_DEVICE void run(const Thread& thread, const Arguments& x, Shared& shared) {
    const int64_t begin = thread.block() * elementsPerBlock, left = x.count - begin;
    const int64_t count = left < elementsPerBlock ? left : elementsPerBlock;
    const double total = shareOfSquares<threadsPerBlock>(thread, x.flat + begin, count);
    const double ofBlock = sumOfBlock(thread, shared.sums, total);
    if (thread.index() == 0) x.sums[thread.block()] = ofBlock;
  }
};

}  // namespace libbert
