// Layer normalisation of a row that a warp holds.

#pragma once

#include <cmath>

#include "row.h"
#include "row_dropout.h"

namespace libbert {

template <typename T>
struct Normalised {
  const T *weight, *bias;
  T* output;
  Accumulate<T>*mean, *rstd;
  int width;
  double eps;
};

/**
 * Normalises a row whose columns stand in values, with their sum over this lane, and hands each pack of the output to
 * finish(column, output).
 */
template <typename T, typename Thread, typename Finish>
LIBBERT_DEVICE void normalise(const Thread& thread, const Normalised<T>& x, int64_t row,
                              const Accumulate<T> (&values)[columnsPerLane<T>], Accumulate<T> laneTotal,
                              Finish finish) {
  using A = Accumulate<T>;
  const A mean = sumOfWarp(thread, laneTotal) / x.width;
  A squares = 0;
  forEachPack<T>(thread, x.width, [&](int, int i) {
    LIBBERT_UNROLL
    for (int k = 0; k < packSize<T>; ++k) squares += (values[i + k] - mean) * (values[i + k] - mean);
  });
  const A rstd = 1 / std::sqrt(sumOfWarp(thread, squares) / x.width + static_cast<A>(x.eps));
  if (thread.lane() == 0) x.mean[row] = mean, x.rstd[row] = rstd;

  forEachPack<T>(thread, x.width, [&](int column, int i) {
    const auto weight = readPack(x.weight + column), bias = readPack(x.bias + column);
    Pack<T> output;
    LIBBERT_UNROLL
    for (int k = 0; k < packSize<T>; ++k) {
      store(output.values[k], (values[i + k] - mean) * rstd * load(weight.values[k]) + load(bias.values[k]));
    }
    finish(column, output);
  });
}

}  // namespace libbert
