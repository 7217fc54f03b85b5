// The gradients of LayerNorm(residual + dropout(input)) in one pass over its rows. The gradients of weight and bias are
// summed in two steps, each in a fixed order: here over the rows of a block, into partial sums, which
// SumPartialsKernel (sum_partials.h) adds up.

#pragma once

#include <algorithm>

#include "normalise.h"

namespace libbert {

template <typename T>
struct LayerNormBackwardKernel {
  using A = Accumulate<T>;
  static constexpr int threadsPerBlock = warpsPerBlock * warpSize, blocksAtOnce = sizeof(A) > 4 ? 2 : 3;

  struct Arguments {
    const T *grad, *sum, *weight;
    const A *mean, *rstd;
    T *gradSum, *gradInput;  // the same where nothing is dropped
    A* partials;             // [blocks, 2, width]: of the weight's gradient, and of the bias's
    int64_t rows;
    int width;
    RowDropout dropout;
  };

  struct Shared {
    A gradWeight[widestRow<T>], gradBias[widestRow<T>];
    PhiloxKey key;
  };

  /** Few enough that their partial sums are soon added up; whatever the GPU, so that all of them give the same bits. */
  static int64_t blocksFor(int64_t rows) {
    constexpr int64_t rowsPerWarp = 4, most = 384;
    return std::min((rows + warpsPerBlock * rowsPerWarp - 1) / (warpsPerBlock * rowsPerWarp), most);
  }

  /** What a lane keeps of its columns from row to row. */
  struct Sums {
    A gradWeight[columnsPerLane<T>] = {}, gradBias[columnsPerLane<T>] = {};
  };

  template <typename Thread>
  static LIBBERT_DEVICE void run(const Thread& thread, const Arguments& x, Shared& shared) {
    if (thread.index() == 0 && x.dropout.drops) shared.key = PhiloxKey::mix(*x.dropout.key);
    thread.sync();
    Sums sums;
    const int64_t warps = thread.blocks() * warpsPerBlock;
    for (int64_t row = thread.block() * warpsPerBlock + thread.warp(); row < x.rows; row += warps) {
      addRow(thread, x, row, sums, shared.key);
    }
    addWarps(thread, x.width, sums, shared);
    A* partials = x.partials + thread.block() * 2 * x.width;
    for (int column = thread.index(); column < x.width; column += threadsPerBlock) {
      partials[column] = shared.gradWeight[column];
      partials[x.width + column] = shared.gradBias[column];
    }
  }

  /** With n the normalised row and u = grad * weight: d sum = rstd * (u - mean(u) - n * mean(u * n)). */
  template <typename Thread>
  static LIBBERT_DEVICE void addRow(const Thread& thread, const Arguments& x, int64_t row, Sums& sums,
                                    const volatile PhiloxKey& key) {
    const int64_t start = row * x.width;
    const A mean = x.mean[row], rstd = x.rstd[row];
    A scaledGrads[columnsPerLane<T>], distances[columnsPerLane<T>];  // u, and how far the sum is from its mean
    A total = 0, projection = 0;
    forEachPack<T>(thread, x.width, [&](int column, int i) {
      const auto grad = readPack(x.grad + start + column), sum = readPack(x.sum + start + column);
      const auto weight = readPack(x.weight + column);
      LIBBERT_UNROLL
      for (int k = 0; k < packSize<T>; ++k) {
        const A g = load(grad.values[k]), distance = load(sum.values[k]) - mean, u = g * load(weight.values[k]);
        sums.gradWeight[i + k] += g * distance * rstd;
        sums.gradBias[i + k] += g;
        total += u;
        projection += u * distance;
        scaledGrads[i + k] = u;
        distances[i + k] = distance;
      }
    });
    const A meanGrad = sumOfWarp(thread, total) / x.width;
    const A slope = sumOfWarp(thread, projection) * rstd * rstd / x.width;
    forEachPack<T>(thread, x.width, [&](int column, int i) {
      Pack<T> gradSum;
      LIBBERT_UNROLL
      for (int k = 0; k < packSize<T>; ++k) {
        store(gradSum.values[k], rstd * (scaledGrads[i + k] - meanGrad - distances[i + k] * slope));
      }
      writePack(x.gradSum + start + column, gradSum);
      if (!x.dropout.drops) return;
      RowDropout dropout = x.dropout;
      dropout.mask.key = {key.low, key.high};  // read anew for each pack: no register is free to keep it
      writePack(x.gradInput + start + column, dropout.drop(gradSum, row, column));
    });
  }

  /** Adds up what the warps of a block have, one warp after another. */
  template <typename Thread>
  static LIBBERT_DEVICE void addWarps(const Thread& thread, int width, const Sums& sums, Shared& shared) {
    for (int warp = 0; warp < warpsPerBlock; ++warp) {
      if (thread.warp() == warp) {
        forEachPack<T>(thread, width, [&](int column, int i) {
          LIBBERT_UNROLL
          for (int k = 0; k < packSize<T>; ++k) {
            A &gradWeight = shared.gradWeight[column + k], &gradBias = shared.gradBias[column + k];
            gradWeight = warp == 0 ? sums.gradWeight[i + k] : gradWeight + sums.gradWeight[i + k];
            gradBias = warp == 0 ? sums.gradBias[i + k] : gradBias + sums.gradBias[i + k];
          }
        });
      }
      thread.sync();
    }
  }
};

}  // namespace libbert
