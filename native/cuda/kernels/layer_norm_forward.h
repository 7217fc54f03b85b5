// LayerNorm(residual + dropout(input)): one warp a row, each of which is read once.

#pragma once

#include "normalise.h"

namespace libbert {

template <typename T>
struct LayerNormForwardKernel {
  using A = Accumulate<T>;
  static constexpr int threadsPerBlock = warpsPerBlock * warpSize, blocksAtOnce = 6;

  struct Arguments {
    const T *input, *residual;
    T* sum;
    Normalised<T> normalised;
    int64_t rows;
    RowDropout dropout;
  };

  struct Shared {};

  template <typename Thread>
  static LIBBERT_DEVICE void run(const Thread& thread, const Arguments& x, Shared&) {
    const int64_t row = thread.block() * warpsPerBlock + thread.warp();
    if (row >= x.rows) return;
    const int width = x.normalised.width;
    const int64_t start = row * width;
    const RowDropout dropout = x.dropout.withKey();
    A values[columnsPerLane<T>], total = 0;
    forEachPack<T>(thread, width,
                   [&](int column, int i) { total += addPack(x, dropout, row, start + column, column, values + i); });
    normalise<T>(thread, x.normalised, row, values, total,
                 [&](int column, const Pack<T>& output) { writePack(x.normalised.output + start + column, output); });
  }

  /** The statistics are those of the sum as it is stored: values are rounded to T. Returns their sum. */
  static LIBBERT_DEVICE A addPack(const Arguments& x, const RowDropout& dropout, int64_t row, int64_t place, int column,
                                  A* values) {
    const auto input = readPack(x.input + place);
    const auto residual = readPack(x.residual + place);
    const uint32_t dropped = dropout.template bits<T>(row, column);
    const A keepScale = static_cast<A>(dropout.mask.keepScale);
    Pack<T> sum;
    A total = 0;
    LIBBERT_UNROLL
    for (int k = 0; k < packSize<T>; ++k) {
      const A kept = load(input.values[k]) * keepScale;
      store(sum.values[k], load(residual.values[k]) + (dropped >> k & 1 ? 0 : kept));
      values[k] = load(sum.values[k]);
      total += values[k];
    }
    writePack(x.sum + place, sum);
    return total;
  }
};

}  // namespace libbert
