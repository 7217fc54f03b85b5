// Layer normalisation of a row that a warp holds.

#pragma once

#include <cmath>

#include "row.h"

namespace libbert {

template <typename T>
struct Normalised {
  const T *weight, *bias;
  T* output;
  Accumulate<T>*mean, *rstd;
  int width;
  double eps;
};

/** What is dropped of a row on its way. */
struct RowDropout {
  bool drops;
  DropoutMask mask;

  template <typename T>
  LIBBERT_DEVICE uint32_t bits(int64_t row, int column) const {
    return drops ? droppedBits<T>(mask, mask.rowId(row), column) : 0;
  }
};

/**
 * Normalises a row whose columns stand in values, with their sum over this lane, and hands each pack of the output,
 * still to be rounded, to finish(column, outputs).
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
    A outputs[packSize<T>];
    LIBBERT_UNROLL
    for (int k = 0; k < packSize<T>; ++k) {
      outputs[k] = (values[i + k] - mean) * rstd * load(weight.values[k]) + load(bias.values[k]);
    }
    finish(column, outputs);
  });
}

}  // namespace libbert
