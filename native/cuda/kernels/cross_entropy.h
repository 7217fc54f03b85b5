// The cross entropies of logits [rows, classes]: one block a row. The backward kernel writes the gradient over the
// logits.

#pragma once

#include <cmath>
#include <limits>

#include "../../ops/exponential.h"
#include "long_row.h"

namespace libbert {

/** PyTorch's number for a class that does not count. */
constexpr int64_t classThatDoesNotCount = -100;

/** The sum of exponentials, as a multiple of that of the largest exponent so far. */
template <typename A>
struct SumOfExponentials {
  A maximum = std::numeric_limits<A>::lowest(), sum = 0;

  LIBBERT_DEVICE void raise(A newMaximum) {
    sum *= exponential(maximum - newMaximum);
    maximum = newMaximum;
  }

  template <typename T, int count>
  LIBBERT_DEVICE void add(const T (&values)[count]) {
    A largest = maximum;
    LIBBERT_UNROLL
    for (int i = 0; i < count; ++i) largest = load(values[i]) > largest ? load(values[i]) : largest;
    raise(largest);
    LIBBERT_UNROLL
    for (int i = 0; i < count; ++i) sum += exponential(load(values[i]) - maximum);
  }

  LIBBERT_DEVICE void merge(A otherMaximum, A otherSum) {
    const A largest = otherMaximum > maximum ? otherMaximum : maximum;
    raise(largest);
    sum += otherSum * exponential(otherMaximum - largest);
  }
};

template <typename T>
struct CrossEntropyForwardKernel {
  using A = Accumulate<T>;
  static constexpr int warps = 8, threadsPerBlock = warps * warpSize;
  static constexpr int blocksAtOnce = sizeof(A) > 4 ? 4 : 6;

  struct Arguments {
    const T* logits;
    const int64_t* targets;
    A *logSumExp, *losses;  // [rows]
    int64_t classes;
  };

  struct Shared {
    A maxima[warps], sums[warps];
  };

  template <typename Thread>
  static LIBBERT_DEVICE void run(const Thread& thread, const Arguments& x, Shared& shared) {
    const int64_t row = thread.block();
    const T* logits = x.logits + row * x.classes;
    SumOfExponentials<A> total;
    LongRow<const T>(logits, x.classes)
        .template share<threadsPerBlock>(
            thread, [&](int64_t column) { total.add(readPack(logits + column).values); },
            [&](int64_t column) {
              const T one[1] = {logits[column]};
              total.add(one);
            });
    addBlock(thread, total, shared);
    if (thread.index() > 0) return;
    const A logSumExp = total.maximum + std::log(total.sum);
    const int64_t target = x.targets[row];
    const bool counts = target != classThatDoesNotCount;
    thread.require(!counts || (target >= 0 && target < x.classes));
    x.logSumExp[row] = logSumExp;
    x.losses[row] = counts ? logSumExp - load(logits[target]) : 0;
  }

  /** Thread 0 has the sum of all threads afterwards. */
  template <typename Thread>
  static LIBBERT_DEVICE void addBlock(const Thread& thread, SumOfExponentials<A>& total, Shared& shared) {
    LIBBERT_UNROLL
    for (int distance = warpSize / 2; distance > 0; distance /= 2) {
      const A maximum = thread.fromLane(total.maximum, distance), sum = thread.fromLane(total.sum, distance);
      total.merge(maximum, sum);
    }
    if (thread.lane() == 0) shared.maxima[thread.warp()] = total.maximum, shared.sums[thread.warp()] = total.sum;
    thread.sync();
    if (thread.index() > 0) return;
    for (int warp = 1; warp < warps; ++warp) total.merge(shared.maxima[warp], shared.sums[warp]);
  }
};

/** Replaces logits by their gradient: (softmax - one-hot) * grad. */
template <typename T>
struct CrossEntropyBackwardKernel {
  using A = Accumulate<T>;
  static constexpr int threadsPerBlock = 256, blocksAtOnce = sizeof(A) > 4 ? 4 : 5;

  struct Arguments {
    T* logits;
    const int64_t* targets;
    const A *logSumExp, *grad;  // [rows], and one number
    int64_t classes;
  };

  struct Shared {};

  template <typename Thread>
  static LIBBERT_DEVICE void run(const Thread& thread, const Arguments& x, Shared&) {
    const int64_t row = thread.block(), target = x.targets[row];
    T* logits = x.logits + row * x.classes;
    const bool counts = target != classThatDoesNotCount;
    const A shift = x.logSumExp[row], grad = *x.grad;
    const auto gradient = [&](int64_t column, T& value) {
      const A share = exponential(load(value) - shift);
      store(value, counts ? (column == target ? share - 1 : share) * grad : 0);
    };
    LongRow<T>(logits, x.classes)
        .template share<threadsPerBlock>(
            thread,
            [&](int64_t column) {
              Pack<T> pack = readPack(logits + column);
              LIBBERT_UNROLL
              for (int k = 0; k < packSize<T>; ++k) gradient(column + k, pack.values[k]);
              writePack(logits + column, pack);
            },
            [&](int64_t column) { gradient(column, logits[column]); });
  }
};

}  // namespace libbert
